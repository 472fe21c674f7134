"""Three versions of a document become one, by key; what cannot is a conflict with its place."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.model.base import canonical_text
from podium.store.documents.merge import merge_documents
from podium.store.documents.repair import proposed_repairs

BASE: dict[str, Any] = {
    "title": "t",
    "order": ["a", "b", "c"],
    "files": {"create": [], "modify": ["x"]},
    "acceptance": [{"id": "1", "text": "one"}, {"id": "2", "text": "two"}],
}

CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[str]]] = {
    "other keys": ({"title": "o"}, {"summary": "s"}, {"title": "o", "summary": "s"}, []),
    "the same change": ({"title": "o"}, {"title": "o"}, {"title": "o"}, []),
    "different changes": ({"title": "o"}, {"title": "x"}, {"title": "o"}, ["title"]),
    "additions to a list": (
        {"order": ["a", "new", "b", "c"]},
        {"order": ["a", "b", "c", "d"]},
        {"order": ["a", "new", "b", "c", "d"]},
        [],
    ),
    "an addition and a removal": (
        {"order": ["a", "c"]},
        {"order": ["a", "b", "c", "d"]},
        {"order": ["a", "c", "d"]},
        [],
    ),
    "inner keys": (
        {"files": {"create": ["n"], "modify": ["x"]}},
        {"files": {"create": [], "modify": ["x", "y"]}},
        {"files": {"create": ["n"], "modify": ["x", "y"]}},
        [],
    ),
    "items with ids": (
        {"acceptance": [{"id": "1", "text": "ONE"}, {"id": "2", "text": "two"}]},
        {"acceptance": [{"id": "2", "text": "two"}, {"id": "3", "text": "three"}]},
        {
            "acceptance": [
                {"id": "2", "text": "two"},
                {"id": "3", "text": "three"},
                {"id": "1", "text": "ONE"},
            ]
        },
        ["acceptance.1"],
    ),
}


@pytest.mark.promise("W1")
@pytest.mark.parametrize("name", CASES)
def test_what_both_sides_say_is_kept(name: str) -> None:
    ours, theirs, expected, conflicts = CASES[name]
    merged = merge_documents(BASE, {**BASE, **ours}, {**BASE, **theirs})
    assert merged.value == {**BASE, **expected}
    assert list(merged.conflicts) == conflicts


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from("abc"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from("pqr"), VALUES)


@given(OBJECTS, OBJECTS)
def test_a_side_that_changed_nothing_leaves_the_other(base: Any, ours: Any) -> None:
    for merged in (merge_documents(base, ours, base), merge_documents(base, base, ours)):
        assert canonical_text(merged.value) == canonical_text(ours)
        assert not merged.conflicts


@given(OBJECTS, OBJECTS, OBJECTS)
def test_any_three_versions_merge_or_conflict_without_a_crash(
    base: Any, ours: Any, theirs: Any
) -> None:
    merged = merge_documents(base, ours, theirs)
    assert merged.value.keys() <= ours.keys() | theirs.keys()
    again = merge_documents(base, theirs, ours)
    assert bool(merged.conflicts) == bool(again.conflicts)


CONFLICT = """{
  "a": 1,
<<<<<<< HEAD
  "b": 2,
=======
  "c": 3,
>>>>>>> other
  "d": 4
}
"""


@pytest.mark.promise("W3.repaired")
def test_conflict_markers_are_taken_apart_into_both_ours_and_theirs() -> None:
    found = {each.name: each.text for each in proposed_repairs(CONFLICT.encode())}
    assert list(found) == ["both", "ours", "theirs"]
    assert found["both"] == canonical_text({"a": 1, "b": 2, "c": 3, "d": 4})
    assert found["ours"] == canonical_text({"a": 1, "b": 2, "d": 4})
    assert found["theirs"] == canonical_text({"a": 1, "c": 3, "d": 4})


def test_sides_that_contradict_one_another_are_not_offered_together() -> None:
    text = CONFLICT.replace('"c": 3', '"b": 3')
    assert [each.name for each in proposed_repairs(text.encode())] == ["ours", "theirs"]


@pytest.mark.parametrize(
    ("ours", "theirs", "offered"),
    [
        ('"b": 2,', '"c": 3, oops', ["ours"]),
        ('"b": oops', '"c": 3,', ["theirs"]),
        ('"b": oops', '"c": oops', []),
    ],
)
def test_a_side_that_is_broken_itself_is_not_offered(
    ours: str, theirs: str, offered: list[str]
) -> None:
    text = CONFLICT.replace('"b": 2,', ours).replace('"c": 3,', theirs)
    assert [each.name for each in proposed_repairs(text.encode())] == offered


CONFLICT_WITH_BASE = """{
<<<<<<< HEAD
  "a": 2,
  "b": 1
||||||| base
  "a": 1,
  "b": 1
=======
  "a": 1,
  "b": 2
>>>>>>> other
}
"""


@pytest.mark.promise("W3.repaired")
def test_a_conflict_that_shows_the_base_is_merged_with_it() -> None:
    found = {each.name: each.text for each in proposed_repairs(CONFLICT_WITH_BASE.encode())}
    assert list(found) == ["both", "ours", "theirs"]
    assert found["both"] == canonical_text({"a": 2, "b": 2})


SLIPS = {
    "a comma too many": '{"a": [1, 2,], "b": 3,}',
    "a comma too few": '{"a": [1, 2]\n"b": 3}',
    "comments": '{"a": [1, 2], // one\n"b": /* two */ 3}',
    "no end": '{"a": [1, 2], "b": 3',
    "an open list at the end": '{"b": 3, "a": [1, 2',
    "a byte order mark": '\ufeff{"a": [1, 2], "b": 3}',
}


@pytest.mark.promise("W3.repaired")
@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_of_the_pen_is_mended_in_a_proposal(slip: str) -> None:
    (found,) = proposed_repairs(SLIPS[slip].encode())
    assert found.name == "mended"
    assert found.text == canonical_text({"a": [1, 2], "b": 3})


@pytest.mark.parametrize("text", ["", "\0" * 20, "oops", '{"a": oops}', '{"a": "half', "[1]"])
def test_what_cannot_be_mended_gets_no_proposal(text: str) -> None:
    assert proposed_repairs(text.encode()) == []


@given(st.binary(max_size=200))
def test_any_bytes_get_a_readable_proposal_or_none(content: bytes) -> None:
    for each in proposed_repairs(content):
        assert each.text.startswith("{")
