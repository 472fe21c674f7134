"""Confirms a grammar's errors in data files with Python's own parsers (`1e+1` is valid JSON)."""

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from podium.syntax.language import Language
from podium.syntax.source import Source
from podium.syntax.worker.grammars import FindParsed, not_parsed
from podium.syntax.worker.readers.tree import read_tree
from podium.syntax.worker.reading import Reading

_PARSERS: Mapping[str, Callable[[str], object]] = MappingProxyType(
    {
        "json": json.loads,
        "jsonc": lambda text: json.loads(_plain_json(text)),
        "toml": tomllib.loads,
    }
)
_EXTENSION = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/|,(?=(?:\s|//[^\n]*|/\*.*?\*/)*[\]}])', re.DOTALL
)
"""Matches comments and trailing commas; strings first, so that they are skipped."""


def _plain_json(text: str) -> str:
    """Return JSON without comments and trailing commas."""
    return _EXTENSION.sub(
        lambda found: found.group() if found.group().startswith('"') else "", text
    )


def read_data(language: Language, source: Source, find_base: FindParsed = not_parsed) -> Reading:
    """Return the grammar's problems, unless Python's parser accepts the file."""
    reading = read_tree(language, source, find_base)
    if reading.problems and _is_valid(_PARSERS[language.name], source):
        return replace(reading, problems=())
    return reading


def _is_valid(parse: Callable[[str], object], source: Source) -> bool:
    try:
        parse(source.text.decode())
    except (ValueError, RecursionError):
        return False
    return True
