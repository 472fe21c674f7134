"""Stored form of values: what is written can be read again, and every hash can be relied on."""

import json
import subprocess
import sys
from fnmatch import fnmatchcase
from random import Random

import hypothesis
import pydantic
import pytest
from hypothesis import strategies as st

from podium.errors import ValidationError
from podium.model import agents, layout
from podium.model.base import Frozen, canonical_text, content_hash, to_json
from podium.model.documents import Folder, Key
from podium.model.plans import Estimate, TaskFiles
from podium.model.progress import TaskProgress
from tests.core.model.builders import command_evidence, task
from tests.core.model.samples import EVENTS, STORED

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=8,
)


@pytest.mark.promise("W1")
@pytest.mark.parametrize("value", STORED, ids=lambda each: type(each).__name__)
def test_every_stored_value_is_read_back_as_it_was(value: Frozen) -> None:
    text = canonical_text(to_json(value))
    assert type(value).model_validate_json(text) == value
    assert type(value).model_validate(json.loads(text)) == value


@pytest.mark.parametrize("value", EVENTS, ids=lambda each: each.type)
def test_every_line_of_an_agents_output_is_read_back_as_it_was(value: agents.AgentEvent) -> None:
    adapter: pydantic.TypeAdapter[agents.AgentEvent] = pydantic.TypeAdapter(agents.AgentEvent)
    assert adapter.validate_json(canonical_text(to_json(value))) == value
    assert adapter.validate_json(value.model_dump_json()) == value


def test_a_stored_value_holds_only_what_was_said() -> None:
    assert to_json(task("t1")) == {"id": "t1", "title": "Do t1"}
    assert to_json(TaskProgress()) == {}
    assert to_json(command_evidence("c1", 0))["shown"]["type"] == "command"


@pytest.mark.promise("W1")
def test_the_stored_text_has_sorted_keys_two_spaces_and_one_key_a_line() -> None:
    made = canonical_text({"b": [1], "a": {"z": "é", "y": None}})
    assert made == '{\n  "a": {\n    "y": null,\n    "z": "é"\n  },\n  "b": [\n    1\n  ]\n}\n'


@pytest.mark.promise("W1")
@hypothesis.given(st.dictionaries(st.text(st.characters(codec="utf-8")), JSON), st.randoms())
def test_a_document_has_one_text_whatever_the_order_of_its_keys(
    document: dict[str, object], random: Random
) -> None:
    text = canonical_text(document)
    assert json.loads(text) == document
    shuffled = list(document.items())
    random.shuffle(shuffled)
    assert canonical_text(dict(shuffled)) == text
    assert content_hash(dict(shuffled)) == content_hash(document)


def test_a_hash_does_not_change_from_process_to_process() -> None:
    code = "from podium.model.base import content_hash; print(content_hash({'b': 1, 'a': 'é'}))"
    made = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("0", "1")
    }
    assert made == {content_hash({"a": "é", "b": 1})}


@pytest.mark.promise("W4")
@pytest.mark.parametrize("poison", [float("nan"), float("inf"), "half an emoji: \ud83d"])
def test_what_no_json_file_can_hold_is_refused_and_explained(poison: object) -> None:
    with pytest.raises(ValidationError) as caught:
        canonical_text({"x": [poison]})
    assert caught.value.what == "A value cannot be stored"
    assert caught.value.why
    assert caught.value.hints


def test_values_are_frozen_and_know_no_other_fields() -> None:
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        task("t1").title = "other"
    with pytest.raises(pydantic.ValidationError, match="Extra inputs"):
        TaskFiles.model_validate({"creates": []})
    with pytest.raises(pydantic.ValidationError, match="finite"):
        Estimate(minutes=float("inf"))


@pytest.mark.parametrize(
    ("task_id", "accepted"),
    [
        ("t1", True),
        ("Add-json_flag.v2", True),
        ("a" * 48, True),
        ("a" * 49, False),
        ("", False),
        (".hidden", False),
        ("-x", False),
        ("a/b", False),
        ("a..b", False),
        ("a.", False),
        ("a.lock", False),
        ("a.lock.b", True),
        ("a b", False),
        ("a\n", False),
        ("é", False),
    ],
)
def test_a_task_id_is_fit_for_a_branch_and_a_file_name(task_id: str, accepted: bool) -> None:
    if accepted:
        assert task(task_id).id == task_id
    else:
        with pytest.raises(pydantic.ValidationError):
            task(task_id)


KEYS: list[tuple[Key[Frozen], Folder[Frozen]]] = [
    (layout.plan_header("p-1"), layout.plan_headers()),
    (layout.task("p-1", "t1"), layout.tasks("p-1")),
    (layout.progress("p-1", "t1"), layout.progresses("p-1")),
    (layout.session("s-1"), layout.sessions()),
    (layout.thought("s-1", 7), layout.thoughts("s-1")),
    (layout.run("r-1"), layout.runs()),
    (layout.task_run("r-1", "t1"), layout.task_runs("r-1")),
    (layout.finding("f-1"), layout.findings()),
]


@pytest.mark.parametrize(("key", "folder"), KEYS, ids=lambda each: type(each).__name__)
def test_every_document_lies_where_its_folder_is_looked_for(
    key: Key[Frozen], folder: Folder[Frozen]
) -> None:
    parts, pattern = key.path.split("/"), folder.pattern.split("/")
    assert len(parts) == len(pattern)
    for part, wanted in zip(parts, pattern, strict=True):
        before, star, after = wanted.partition("*")
        assert part == wanted if not star else part.startswith(before) and part.endswith(after)
    assert key.type is folder.type
    assert layout.name_of(key.path) == parts[-1].removesuffix(".json")


def test_no_two_kinds_of_document_share_an_address() -> None:
    keys = [key.path for key, _ in KEYS]
    keys += [layout.approval("p-1").path, layout.run_intent("r-1").path]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "key",
    [*(key for key, _ in KEYS), layout.approval("p-1"), layout.run_intent("r-1")],
    ids=lambda each: each.path,
)
def test_every_document_has_exactly_one_shape_by_which_it_is_recognised(key: Key[Frozen]) -> None:
    shapes = [each for each in layout.SHAPES if same_shape(each.pattern, key.path)]
    assert [each.type for each in shapes] == [key.type]


def same_shape(pattern: str, path: str) -> bool:
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=25,
)


@pytest.mark.promise("W2")
@hypothesis.given(ANY_JSON)
def test_the_canonical_text_is_that_of_the_standard_library(document: object) -> None:
    expected = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    try:
        expected.encode()
    except UnicodeEncodeError:
        with pytest.raises(ValidationError):
            canonical_text(document)
    else:
        assert canonical_text(document) == expected + "\n"
        assert canonical_text((document, document)) == canonical_text([document, document])
