"""What a playbook may hold, and what is said about one that may not."""

import ast
import importlib
import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.errors import InvalidConfig
from podium.model.agents import Role
from podium.model.files import playbook as script
from podium.model.files.playbook import NO_FINDINGS, Playbook, Step, plain
from podium_adapters.playbook.loading import load_playbook, parse_playbook
from tests.support.goldens import ROOT, Goldens
from tests.test_schemas import DIALECT, docs_below_fields

EVERY_STEP = """\
version: 1
objective: Everything once
plan:
  summary: s
  tasks: [{id: 1, title: one, requires: []}]
tasks:
  1:
    - - write: {path: a.py, content: "x = 1\\n"}
      - replace: {path: a.py, old: x, new: y}
      - delete: a.py
      - cut: {path: b.py, content: abc, at: 2}
      - run: [python, -c, "print(1)"]
      - say: done
      - confirm: {place: "a.py:1", reason: b.py has it}
      - reject: {place: "a.py:2", reason: it is missing}
      - use: {input_tokens: 3, output_tokens: 2, cost_usd: 0.5}
      - delay: 0.5
      - garbage: "!"
      - fail: {outcome: rate-limited, detail: later, retry_after_seconds: 3}
    - - hang: true
    - - crash: true
audits:
  1: [[{say: "{}"}]]
fixes:
  1: [[]]
"""

STEP = "item 1 of item 1 of 't' of 'tasks'"
NEXT_STEP = "item 2 of item 1 of 't' of 'tasks'"
MISTAKES = {
    "version: 2\n": ["p.yaml:1: 'version' must be 1, not 2"],
    "tasks: {}\n": ["p.yaml:1: 'version' is missing"],
    "version: 1\nplans: {}\n": ["p.yaml:2: 'plans' is unknown (did you mean 'plan'?)"],
    "version: 1\ntasks:\n  t:\n    - - writ: {path: a}\n": [
        f"p.yaml:4: 'writ' of {STEP} is unknown (did you mean 'write'?)"
    ],
    "version: 1\ntasks:\n  t:\n    - - say: a\n        delay: 1\n": [
        f"p.yaml:4: {STEP}: a step sets exactly one of: write, replace, delete, truncate, "
        "run, say, confirm, reject, use, delay, fail, garbage, hang, crash; this one sets 2"
    ],
    "version: 1\ntasks:\n  t:\n    - - write:\n          path: ../x\n          content: a\n": [
        f"p.yaml:5: 'path' of 'write' of {STEP}: '../x' cannot be used as a path: "
        "it contains .., which leads to a parent folder"
    ],
    "version: 1\ntasks:\n  t:\n  - - delete: .git/config\n    - delete: /etc/passwd\n": [
        f"p.yaml:4: 'delete' of {STEP}: '.git/config' cannot be used as a path: "
        ".git belongs to git or Podium",
        f"p.yaml:5: 'delete' of {NEXT_STEP}: '/etc/passwd' cannot be used as a path: "
        "it is absolute; use a path relative to the project folder",
    ],
    "version: 1\ntasks:\n  t:\n  - - run: echo hello\n": [
        f"p.yaml:4: 'run' of {STEP} must be a list"
    ],
    "version: 1\ntasks:\n  t:\n  - - fail: {outcome: completed}\n": [
        f"p.yaml:4: 'outcome' of 'fail' of {STEP}: an attempt that completes does not need a "
        "fail step; remove it"
    ],
    "version: 1\ntasks:\n  t: []\n": ["p.yaml:3: 't' of 'tasks' must not be empty"],
    "version: 1\nversion: 1\n": ["p.yaml:2: found duplicate key"],
    "version: 1\ntasks:\n  t: [\n": ["p.yaml:4: expected the node content, but found"],
    "version: 1\nobjective: \x07\n": ["p.yaml:1: unacceptable character #x0007"],
    "- version: 1\n": ["p.yaml:1: the value must be an object"],
    "": ["p.yaml:1: 'version' is missing"],
}


def test_every_kind_of_step_is_read() -> None:
    playbook = parse_playbook(EVERY_STEP, "p.yaml")
    kinds = {kind for attempt in playbook.tasks["1"] for step in attempt for kind in plain(step)}
    assert kinds == set(Step.model_fields)
    assert playbook.plan == {
        "summary": "s",
        "tasks": [{"id": 1, "title": "one", "requires": []}],
    }


@pytest.mark.promise("G2.playbook")
@pytest.mark.parametrize(("text", "expected"), MISTAKES.items(), ids=range(len(MISTAKES)))
def test_mistakes_are_told_with_file_and_line(text: str, expected: list[str]) -> None:
    with pytest.raises(InvalidConfig) as caught:
        parse_playbook(text, "p.yaml")
    for problem in expected:
        assert problem in caught.value.why
    assert caught.value.what.startswith(f"The playbook p.yaml has {len(expected)} problem")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"none\.yaml cannot be read: No such file"):
        load_playbook(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"version: 1\nobjective: \xe9\n")
    with pytest.raises(InvalidConfig, match="it is not UTF-8"):
        load_playbook(tmp_path / "latin.yaml")


def test_a_bomb_of_aliases_is_refused() -> None:
    levels = "\n".join(f"  b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 9)}]" for n in range(1, 9))
    text = f"version: 1\nplan:\n  b0: &b0 [x]\n{levels}\n"
    with pytest.raises(InvalidConfig, match="it expands to more than 200,000 values"):
        parse_playbook(text, "p.yaml")


@given(text=st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    why = complaint_about(text)
    assert why is None or why.startswith("p.yaml:")


def complaint_about(text: str) -> str | None:
    try:
        parse_playbook(text, "p.yaml")
    except InvalidConfig as error:
        return error.why
    return None


@pytest.mark.parametrize(
    ("role", "task", "number", "expected"),
    [
        (Role.EXECUTOR, "t", 1, "first"),
        (Role.EXECUTOR, "t", 2, "second"),
        (Role.EXECUTOR, "t", 9, "second"),
        (Role.EXECUTOR, "unknown", 1, None),
        (Role.AUDITOR, "t", 1, "audit"),
        (Role.AUDITOR, "unknown", 1, NO_FINDINGS),
        (Role.CONSULTANT, "t", 1, "fix"),
        (Role.CONSULTANT, "unknown", 1, None),
    ],
)
def test_each_try_of_each_role_follows_its_own_steps(
    role: Role, task: str, number: int, expected: str | None
) -> None:
    playbook = parse_playbook(
        "version: 1\n"
        "tasks: {t: [[{say: first}], [{say: second}]]}\n"
        "audits: {t: [[{say: audit}]]}\n"
        "fixes: {t: [[{say: fix}]]}\n",
        "p.yaml",
    )
    steps = playbook.attempt(role, task, number)
    assert (steps and steps[0].say) == expected


SCHEMA = ROOT / "docs" / "schemas" / "playbook.schema.json"


def explained_schema() -> dict[str, Any]:
    """Return the schema with the docstrings below the fields as descriptions."""
    schema = Playbook.model_json_schema()
    parts = {"Podium playbook": schema, **schema["$defs"]}
    for node in ast.parse(inspect.getsource(script)).body:
        if isinstance(node, ast.ClassDef):
            title = "Podium playbook" if node.name == "Playbook" else node.name
            for field, text in docs_below_fields(node):
                parts[title]["properties"][field]["description"] = text
    return {"$schema": DIALECT, **schema}


def test_the_published_schema_is_the_models(goldens: Goldens) -> None:
    made = json.dumps(explained_schema(), indent=2, ensure_ascii=False) + "\n"
    goldens.check(SCHEMA, made)


@pytest.mark.parametrize(
    ("steps", "valid"),
    [([{"say": "a"}], True), ([{"say": "a", "delay": 1}], False), ([{"sey": "a"}], False)],
)
def test_the_schema_accepts_what_the_model_accepts(steps: list[object], valid: bool) -> None:
    validator = importlib.import_module("jsonschema").Draft202012Validator
    schema = json.loads(SCHEMA.read_text())
    assert validator(schema).is_valid({"version": 1, "tasks": {"t": [steps]}}) is valid
