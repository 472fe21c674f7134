"""The table of moved and renamed names: `scripts/names/*.toml`, one file per part.

[modules]      # old dotted module or package = new one; the longest prefix wins
[symbols]      # "old.module:name" = "new.module:name"
[identifiers]  # any other identifier, old = new
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

FOLDER = Path(__file__).resolve().parent / "names"

_WORD = r"[A-Za-z_]\w*"
_SHAPES = {
    "modules": re.compile(rf"{_WORD}(\.{_WORD})*"),
    "symbols": re.compile(rf"{_WORD}(\.{_WORD})*:{_WORD}"),
    "identifiers": re.compile(_WORD),
}


class TableError(ValueError):
    """The table has invalid entries; the message lists them all."""


@dataclass(frozen=True)
class Names:
    """Moved and renamed modules, symbols and identifiers.

    Args:
        modules: new names by the old dotted name of a module or package.
        symbols: `module:name` to `module:name`.
        identifiers: any other identifier to its new spelling.
    """

    modules: Mapping[str, str]
    symbols: Mapping[str, str]
    identifiers: Mapping[str, str]


def read_names(folder: Path = FOLDER) -> Names:
    """Return the union of all tables in `folder`, which may be missing or empty.

    Raises:
        TableError: an unknown section, a malformed name, or a name with two entries.
    """
    merged: dict[str, dict[str, str]] = {section: {} for section in _SHAPES}
    problems: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:  # this includes a duplicate key in one file
            problems.append(f"{path.name}: {error}")
            continue
        problems += [f"{path.name}: {each}" for each in _merge(merged, table)]
    if problems:
        raise TableError("\n".join(problems))
    return Names(**merged)


def _merge(merged: dict[str, dict[str, str]], table: Mapping[str, object]) -> Iterator[str]:
    for section, rows in table.items():
        if section not in _SHAPES or not isinstance(rows, dict):
            yield f"there is no section [{section}]; use {', '.join(_SHAPES)}"
            continue
        known, shape = merged[section], _SHAPES[section]
        for old, new in cast(dict[str, object], rows).items():
            if not isinstance(new, str) or not shape.fullmatch(old) or not shape.fullmatch(new):
                yield f"[{section}] {old} = {new!r} is malformed"
            elif old == new:
                yield f"[{section}] {old} is renamed to itself"
            elif old in known:
                yield f"[{section}] {old} has another entry in a different file"
            else:
                known[old] = new
