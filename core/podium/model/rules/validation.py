"""Explains in plain sentences why a value does not fit a model."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, TypeGuard, Union, get_args, get_origin

import pydantic
from pydantic_core import ErrorDetails

from podium.model.base import ID_PATTERN
from podium.words import truncated

Place = tuple[int | str, ...]
_Model = type[pydantic.BaseModel]

_LONGEST_INPUT = 60
_PATTERN_RULES = {
    ID_PATTERN: "must begin with a letter or a digit and contain only letters, digits, '-', '_'"
    " and single dots",
}
_KINDS: Mapping[str, str] = {
    "missing": "is missing",
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "set_type": "must be a list",
    "frozen_set_type": "must be a list",
    "dict_type": "must be an object",
    "mapping_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}
_KINDS_WITH_INPUT: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "int_type": lambda _: "must be a whole number",
    "int_parsing": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "float_type": lambda _: "must be a number",
    "float_parsing": lambda _: "must be a number",
    "finite_number": lambda _: "must be a number",
    "enum": lambda context: f"must be {context['expected']}",
    "literal_error": lambda context: f"must be {context['expected']}",
    "string_pattern_mismatch": lambda context: _PATTERN_RULES.get(
        context["pattern"], f"must match {context['pattern']}"
    ),
}
_KINDS_WITH_LIMIT: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "string_too_short": lambda context: _at_least(context["min_length"], "characters"),
    "too_short": lambda context: _at_least(context["min_length"], "items"),
    "string_too_long": lambda context: f"must have at most {context['max_length']} characters",
    "too_long": lambda context: f"must have at most {context['max_length']} items",
    "greater_than": lambda context: f"must be greater than {context['gt']:g}",
    "greater_than_equal": lambda context: f"must be at least {context['ge']:g}",
    "less_than": lambda context: f"must be less than {context['lt']:g}",
    "less_than_equal": lambda context: f"must be at most {context['le']:g}",
}


@dataclass(frozen=True)
class Violation:
    """One reason why a value does not fit.

    Args:
        place: the keys and indexes that lead to the value.
        kind: the validator's name for this kind of problem.
        rule: the violated rule: `must be a list`, or a whole sentence.
    """

    place: Place
    kind: str
    rule: str

    @property
    def sentence(self) -> str:
        """Describe the problem, including where it is."""
        if self._begins_with_verb:
            return f"{_words(self.place) or 'the value'} {self.rule}"
        return f"{_words(self.place)}: {self.rule}" if self.place else self.rule

    @property
    def brief(self) -> str:
        """Describe the problem for a reader who can see where it is."""
        own = _words(self.place[-1:]) or "the value"
        return f"{own} {self.rule}" if self._begins_with_verb else self.rule

    @property
    def _begins_with_verb(self) -> bool:
        return self.rule.startswith(("must ", "is "))


def sentences(
    error: pydantic.ValidationError, model: _Model | None = None, *, quote: bool = True
) -> list[str]:
    """Return one sentence for each violation; takes the same parameters as `violations`."""
    return [each.sentence for each in violations(error, model, quote=quote)]


def violations(
    error: pydantic.ValidationError, model: _Model | None = None, *, quote: bool = True
) -> list[Violation]:
    """Return the reasons, except those that merely follow from deeper ones.

    Args:
        error: the error from pydantic.
        model: the expected model; its fields are suggested for unknown ones.
        quote: whether sentences may repeat the value.
    """
    rows = error.errors(include_url=False)
    places = [row["loc"] for row in rows]
    return [
        Violation(row["loc"], row["type"], _rule(row, model, quote=quote))
        for row in rows
        # pydantic also reports a list whose items are all invalid as too short.
        if row["type"] != "too_short" or not any(_is_below(each, row["loc"]) for each in places)
    ]


def _is_below(inner: Place, outer: Place) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _rule(row: ErrorDetails, model: _Model | None, *, quote: bool) -> str:
    kind, context = row["type"], row.get("ctx", {})
    if kind == "extra_forbidden":
        return f"is unknown{_did_you_mean(row['loc'], model)}"
    if kind in _KINDS:
        return _KINDS[kind]
    if kind in _KINDS_WITH_LIMIT:
        return _KINDS_WITH_LIMIT[kind](context)
    if kind in _KINDS_WITH_INPUT:
        shown = f", not {truncated(repr(row['input']), _LONGEST_INPUT)}" if quote else ""
        return _KINDS_WITH_INPUT[kind](context) + shown
    return row["msg"].removeprefix("Value error, ").replace("Input should be", "must be")


def _at_least(count: int, noun: str) -> str:
    return "must not be empty" if count == 1 else f"must have at least {count} {noun}"


def _words(place: Place) -> str:
    """Return a readable location: `'text' of item 2 of 'acceptance'`."""
    words = [f"item {each + 1}" if isinstance(each, int) else repr(each) for each in place]
    return " of ".join(reversed(words))


def _did_you_mean(place: Place, model: _Model | None) -> str:
    import difflib  # only needed for errors

    *holders, name = place
    close = difflib.get_close_matches(str(name), [*_fields_at(model, holders)], n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _fields_at(expected: Any, place: Iterable[int | str]) -> set[str]:
    """Return the names of the fields that a model allows at a location."""
    types = [expected]
    for key in place:
        types = [inner for each in types for outer in _unwrapped(each) for inner in _at(outer, key)]
    models = [outer for each in types for outer in _unwrapped(each)]
    return {field for model in models if _is_model(model) for field in model.model_fields}


def _at(expected: Any, key: int | str) -> Iterator[Any]:
    """Yield the type of a field, or of the members of a list or an object."""
    if not _is_model(expected):
        yield from get_args(expected)
    elif (field := expected.model_fields.get(str(key))) is not None:
        yield field.annotation


def _unwrapped(expected: Any) -> Iterator[Any]:
    """Yield the members of a union, and the types behind annotated and named types."""
    expected = getattr(expected, "__value__", expected)
    if get_origin(expected) in (Annotated, Union, UnionType):
        for each in get_args(expected):
            yield from _unwrapped(each)
    else:
        yield expected


def _is_model(expected: Any) -> TypeGuard[_Model]:
    return isinstance(expected, type) and issubclass(expected, pydantic.BaseModel)
