"""Documents as YAML, one field a line, so that people can review what changed in a kept file."""

from io import StringIO
from typing import Any

from pydantic import JsonValue
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

_NEVER_FOLDED = 100_000


def readable(rows: list[Any]) -> str:
    """Return rows as YAML that loads as the same rows."""
    yaml: Any = YAML()
    yaml.width = _NEVER_FOLDED
    shown: list[str] = []
    for row in rows:
        stream = StringIO()
        yaml.dump([_with_blocks(row)], stream)
        shown.append(stream.getvalue())
    text = "\n".join(shown)
    loader: Any = YAML(typ="safe")
    assert loader.load(text) == rows, "nothing is lost"
    return text


def _with_blocks(value: JsonValue) -> Any:
    """Mark the texts of several lines, so that they are shown as such."""
    match value:
        case str():
            return LiteralScalarString(value) if "\n" in value else value
        case dict():
            return {key: _with_blocks(each) for key, each in value.items()}
        case list():
            return [_with_blocks(each) for each in value]
        case _:
            return value
