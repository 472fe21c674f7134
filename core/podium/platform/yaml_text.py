"""Parses YAML into models, and reports every problem with its line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pydantic
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from podium.errors import InvalidConfig
from podium.model.rules.validation import Place, violations
from podium.words import counted

MAX_VALUES = 200_000
"""Maximum number of values, because a few lines of aliases can expand to billions of values."""

MOST_PROBLEMS = 20

M = TypeVar("M", bound=pydantic.BaseModel)


@dataclass(frozen=True)
class YamlSource:
    """How messages refer to a file.

    Args:
        name: the file's name or path, before the line number.
        noun: the kind of file, for instance `playbook`.
        hints: hints for its author.
    """

    name: str
    noun: str
    hints: Sequence[str] = ()


@dataclass(frozen=True)
class YamlValues:
    """Plain values with their lines.

    Args:
        source: how messages refer to the file.
        value: mappings with string keys, lists, scalars.
    """

    source: YamlSource
    value: Any
    _lines: dict[Place, int]

    def line_of(self, place: Place) -> int:
        """Return the line of the innermost existing value on the path `place`."""
        ways = (place[:length] for length in range(len(place), 0, -1))
        return next((self._lines[way] for way in ways if way in self._lines), 1)

    def validated(self, model: type[M]) -> M:
        """Return the values as a model.

        Raises:
            InvalidConfig: they are invalid; every problem with its line.
        """
        try:
            return model.model_validate(self.value)
        except pydantic.ValidationError as error:
            problems = [
                f"{self.source.name}:{self.line_of(each.place)}: {each.sentence}"
                for each in violations(error, model)
            ]
            raise _invalid(self.source, problems) from error


def read_yaml(text: str, source: YamlSource) -> YamlValues:
    """Return the values in a YAML document; an empty document is an empty mapping.

    Raises:
        InvalidConfig: it is not valid YAML, or expands to too many values.
    """
    yaml: Any = YAML(typ="rt")
    reader = _Reader(source)
    try:
        loaded = yaml.load(text)
    except MarkedYAMLError as error:
        details: Any = error
        mark = details.problem_mark or details.context_mark
        problem = str(details.problem or details.context or "not valid YAML").splitlines()[0]
        line = mark.line + 1 if mark else 1
        raise _invalid(source, [f"{source.name}:{line}: {problem}"]) from error
    except YAMLError as error:
        problem = str(error).splitlines()[0]
        raise _invalid(source, [f"{source.name}:1: {problem}"]) from error
    value: Any = {} if loaded is None else reader.read(loaded, ())
    return YamlValues(source, value, reader.lines)


def _invalid(source: YamlSource, problems: list[str]) -> InvalidConfig:
    count = len(problems)
    shown = problems[:MOST_PROBLEMS]
    if count > len(shown):
        shown.append(f"and {count - len(shown)} more")
    return InvalidConfig(
        f"The {source.noun} {source.name} has {counted(count, 'problem')}",
        why="; ".join(shown),
        hints=source.hints,
    )


class _Reader:
    """Converts the YAML library's values to plain values, and records their lines."""

    def __init__(self, source: YamlSource) -> None:
        self._source = source
        self._count = 0
        self.lines: dict[Place, int] = {}

    def read(self, value: object, place: Place) -> Any:
        self._count += 1
        if self._count > MAX_VALUES:
            problem = f"{self._source.name}:1: it expands to more than {MAX_VALUES:,} values"
            raise _invalid(self._source, [problem])
        if isinstance(value, CommentedMap):
            return self._read_map(value, place)
        if isinstance(value, CommentedSeq):
            return self._read_list(value, place)
        return _plain_scalar(value)

    def _read_map(self, value: Any, place: Place) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key, each in value.items():
            # YAML parses task ids such as 1 as numbers.
            inner = (*place, str(key))
            self.lines[inner] = value.lc.key(key)[0] + 1
            plain[str(key)] = self.read(each, inner)
        return plain

    def _read_list(self, value: Any, place: Place) -> list[Any]:
        plain: list[Any] = []
        for number, each in enumerate(value):
            self.lines[*place, number] = value.lc.item(number)[0] + 1
            plain.append(self.read(each, (*place, number)))
        return plain


def _plain_scalar(value: object) -> Any:
    """Return a scalar without the library's additions, such as its quoting style."""
    match value:
        case None | bool():
            return value
        case int():
            return int(value)
        case float():
            return float(value)
        case _:
            return str(value)
