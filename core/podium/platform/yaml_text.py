"""YAML as people write it: read into a model, every problem named with its line; pure.

Must not know what is read, nor where from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pydantic
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from podium.errors import InvalidConfig

MAX_VALUES = 200_000
"""A few lines of aliases can stand for billions of values."""

MOST_PROBLEMS = 20

M = TypeVar("M", bound=pydantic.BaseModel)
_Place = tuple[int | str, ...]


@dataclass(frozen=True)
class YamlSource:
    """What a text is called in messages.

    Args:
        name: the file's name or path, before the line number.
        noun: what it is, for instance `playbook`.
        hints: what its author can do.
    """

    name: str
    noun: str
    hints: Sequence[str] = ()


@dataclass(frozen=True)
class YamlValues:
    """Plain values, and the line of each.

    Args:
        source: what the text is called.
        value: mappings with text keys, lists, scalars.
    """

    source: YamlSource
    value: Any
    _lines: dict[_Place, int]

    def line_of(self, place: _Place) -> int:
        """Return the line of the innermost value on the way to `place`."""
        ways = (place[:length] for length in range(len(place), 0, -1))
        return next((self._lines[way] for way in ways if way in self._lines), 1)

    def validated(self, model: type[M]) -> M:
        """Return the values as a model.

        Raises:
            InvalidConfig: they do not fit; every problem with its line.
        """
        try:
            return model.model_validate(self.value)
        except pydantic.ValidationError as error:
            problems = [
                f"{self.source.name}:{self.line_of(place)}: {_sentence(place, message)}"
                for place, message in _mistakes(error)
            ]
            raise _invalid(self.source, problems) from error


def read_yaml(text: str, source: YamlSource) -> YamlValues:
    """Return the values of a YAML text; an empty one holds an empty mapping.

    Raises:
        InvalidConfig: it is no YAML, or stands for too much.
    """
    yaml: Any = YAML(typ="rt")
    reader = _Reader(source)
    try:
        loaded = yaml.load(text)
    except MarkedYAMLError as error:
        told: Any = error
        mark = told.problem_mark or told.context_mark
        problem = str(told.problem or told.context or "it is not YAML").splitlines()[0]
        line = mark.line + 1 if mark else 1
        raise _invalid(source, [f"{source.name}:{line}: {problem}"]) from error
    except YAMLError as error:
        problem = str(error).splitlines()[0]
        raise _invalid(source, [f"{source.name}:1: {problem}"]) from error
    value: Any = {} if loaded is None else reader.read(loaded, ())
    return YamlValues(source, value, reader.lines)


def _mistakes(error: pydantic.ValidationError) -> list[tuple[_Place, str]]:
    """Return what is wrong, and where; what only follows from something deeper is left out.

    A list whose items are all wrong is also told to be too short.
    """
    told = [
        (each["loc"], plain_message(each["type"], each["msg"]), each["type"])
        for each in _all(error)
    ]
    return [
        (place, message)
        for place, message, kind in told
        if kind != "too_short" or not any(_lies_below(other, place) for other, _, _ in told)
    ]


def _all(error: pydantic.ValidationError) -> list[Any]:
    return list(error.errors(include_url=False, include_input=False))


_PLAIN = {
    "extra_forbidden": "there is no such field",
    "missing": "is required",
    "too_short": "must not be empty",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of names to values",
    "model_type": "must be a mapping of names to values",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
}
"""What people read in place of the validator's own words, by the kind of the problem."""


def plain_message(kind: str, message: str) -> str:
    """Return the validator's message for one problem in plain words."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    message = message.removeprefix("Value error, ")
    return message.replace("Input should be", "must be").split(", unable to parse", 1)[0]


def _lies_below(inner: _Place, outer: _Place) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _invalid(source: YamlSource, problems: list[str]) -> InvalidConfig:
    count = len(problems)
    shown = problems[:MOST_PROBLEMS]
    if count > len(shown):
        shown.append(f"and {count - len(shown)} more")
    return InvalidConfig(
        f"The {source.noun} {source.name} has {count} problem{'s' if count != 1 else ''}",
        why="; ".join(shown),
        hints=source.hints,
    )


class _Reader:
    """Turns what the YAML library made into plain values, and remembers their lines."""

    def __init__(self, source: YamlSource) -> None:
        self._source = source
        self._count = 0
        self.lines: dict[_Place, int] = {}

    def read(self, value: object, place: _Place) -> Any:
        self._count += 1
        if self._count > MAX_VALUES:
            problem = f"{self._source.name}:1: it stands for more than {MAX_VALUES:,} values"
            raise _invalid(self._source, [problem])
        if isinstance(value, CommentedMap):
            return self._read_map(value, place)
        if isinstance(value, CommentedSeq):
            return self._read_list(value, place)
        return _plain_scalar(value)

    def _read_map(self, value: Any, place: _Place) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key, each in value.items():
            # Task ids such as 1 are numbers to YAML.
            inner = (*place, str(key))
            self.lines[inner] = value.lc.key(key)[0] + 1
            plain[str(key)] = self.read(each, inner)
        return plain

    def _read_list(self, value: Any, place: _Place) -> list[Any]:
        plain: list[Any] = []
        for number, each in enumerate(value):
            self.lines[*place, number] = value.lc.item(number)[0] + 1
            plain.append(self.read(each, (*place, number)))
        return plain


def _plain_scalar(value: object) -> Any:
    """Return a scalar without what the library adds to it, for instance how it was quoted."""
    match value:
        case None | bool():
            return value
        case int():
            return int(value)
        case float():
            return float(value)
        case _:
            return str(value)


def _sentence(place: _Place, message: str) -> str:
    where = ".".join(str(part) for part in place)
    return f"{where}: {message}" if where else message
