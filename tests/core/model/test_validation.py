"""One wording for every mistake that a model finds, whatever the value came from."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic
import pytest
from pydantic import Field, field_validator

from podium.model.base import Frozen
from podium.model.config import Config
from podium.model.files.playbook import Playbook
from podium.model.rules.validation import sentences, violations


class Leaf(Frozen):
    """The innermost part."""

    count: int = 1
    share: float = Field(default=0.5, lt=1)
    flag: bool = False
    word: Literal["yes", "no"] = "yes"
    code: str = Field(default="a", pattern="^[a-z]$", min_length=1)

    @field_validator("word")
    @classmethod
    def _not_no(cls, word: str) -> str:
        if word == "no":
            raise ValueError("people say yes here")
        return word


class Whole(Frozen):
    """A value with lists, objects and a union."""

    leaves: tuple[Leaf, ...] = ()
    by_name: Mapping[str, Annotated[Leaf, "annotated"]] = {}
    either: Leaf | None = None
    names: Annotated[tuple[str, ...], Field(min_length=2, max_length=3)] = ("a", "b")


CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "list": ({"leaves": 5}, ["'leaves' must be a list"]),
    "item": ({"leaves": [3]}, ["item 1 of 'leaves' must be an object"]),
    "number": (
        {"leaves": [{"count": "many"}]},
        ["'count' of item 1 of 'leaves' must be a whole number, not 'many'"],
    ),
    "part of a number": (
        {"either": {"count": 1.5}},
        ["'count' of 'either' must be a whole number, not 1.5"],
    ),
    "limit": ({"either": {"share": 1}}, ["'share' of 'either' must be less than 1"]),
    "yes or no": ({"either": {"flag": []}}, ["'flag' of 'either' must be true or false"]),
    "choice": (
        {"either": {"word": "x" * 80}},
        [f"'word' of 'either' must be 'yes' or 'no', not '{'x' * 58}…"],
    ),
    "own rule": ({"either": {"word": "no"}}, ["'word' of 'either': people say yes here"]),
    "pattern": ({"either": {"code": "A"}}, ["'code' of 'either' must match ^[a-z]$, not 'A'"]),
    "empty": ({"either": {"code": ""}}, ["'code' of 'either' must not be empty"]),
    "too few": ({"names": ["a"]}, ["'names' must have at least 2 items"]),
    "too many": ({"names": list("abcd")}, ["'names' must have at most 3 items"]),
    "in a list": (
        {"leaves": [{"cuont": 1}]},
        ["'cuont' of item 1 of 'leaves' is unknown (did you mean 'count'?)"],
    ),
    "in an object": (
        {"by_name": {"a": {"flagg": 1}}},
        ["'flagg' of 'a' of 'by_name' is unknown (did you mean 'flag'?)"],
    ),
    "in a union": (
        {"either": {"shares": 1}},
        ["'shares' of 'either' is unknown (did you mean 'share'?)"],
    ),
    "nothing near": ({"zzz": 1}, ["'zzz' is unknown"]),
}


def refused(model: type[Frozen], value: object) -> pydantic.ValidationError:
    with pytest.raises(pydantic.ValidationError) as caught:
        model.model_validate(value)
    return caught.value


@pytest.mark.parametrize("case", CASES)
def test_every_kind_of_mistake_has_a_sentence(case: str) -> None:
    value, expected = CASES[case]
    assert sentences(refused(Whole, value), Whole) == expected


def test_the_value_itself_may_be_wrong() -> None:
    assert sentences(refused(Whole, 5)) == ["the value must be an object"]
    with pytest.raises(pydantic.ValidationError) as caught:
        Whole.model_validate_json("{")
    assert sentences(caught.value)[0].startswith("Invalid JSON: EOF")


def test_a_sentence_does_not_repeat_the_value_where_it_must_not() -> None:
    error = refused(Whole, {"either": {"count": "secret", "word": "secret"}})
    assert "secret" not in "".join(sentences(error, Whole, quote=False))


def test_a_reader_who_sees_the_place_reads_no_path() -> None:
    error = refused(Whole, {"leaves": [5], "either": {"count": "x", "word": "no"}})
    assert [each.brief for each in violations(error, Whole)] == [
        "item 1 must be an object",
        "'count' must be a whole number, not 'x'",
        "people say yes here",
    ]


def test_what_only_follows_from_a_deeper_mistake_is_left_out() -> None:
    error = refused(Whole, {"names": [1, 2]})
    assert [each.place for each in violations(error)] == [("names", 0), ("names", 1)]


def test_names_are_suggested_at_every_depth_of_our_own_models() -> None:
    assert sentences(refused(Config, {"audit": {"tools": [{"comand": "x"}]}}), Config)[-1] == (
        "'comand' of item 1 of 'tools' of 'audit' is unknown (did you mean 'command'?)"
    )
    value = {"version": 1, "tasks": {"t": [[{"write": {"path": "a", "contents": ""}}]]}}
    assert sentences(refused(Playbook, value), Playbook)[-1] == (
        "'contents' of 'write' of item 1 of item 1 of 't' of 'tasks' is unknown"
        " (did you mean 'content'?)"
    )
