"""Detects the language of a file.

The registry is data, so lookups are cheap and every face may import it.
"""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from types import MappingProxyType

from podium.syntax.language import Grammar, JudgedBy, Language
from podium.syntax.language_table import CORE, EXTRA
from podium.syntax.plain import plain_language

__all__ = [
    "EXTRA_LANGUAGES",
    "LANGUAGES",
    "Grammar",
    "JudgedBy",
    "Language",
    "known_language",
    "language_of",
]

LANGUAGES: Mapping[str, Language] = MappingProxyType({each.name: each for each in CORE})
"""Every language that can always be checked, by name."""

EXTRA_LANGUAGES: Mapping[str, Language] = MappingProxyType({each.name: each for each in EXTRA})
"""The languages that can be checked if the extra `grammars` is installed."""


_ALL = (*CORE, *EXTRA)
_BY_EXTENSION = {extension: each for each in _ALL for extension in each.extensions}
_BY_FILE_NAME = {name: each for each in _ALL for name in each.file_names}
_BY_INTERPRETER = {name: each for each in _ALL for name in each.interpreters}
_BY_PATTERN = [(pattern, each) for each in _ALL for pattern in each.path_patterns]
_SHEBANG = re.compile(r"#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+|\w+=\S*\s+)*(?:\S*/)?)?(?P<program>\S+)")
_VERSION = re.compile(r"[\d.]+$")


def language_of(path: str, first_line: str = "") -> Language | None:
    """Return the language of a file, or None if it is unknown.

    Args:
        path: the file's path.
        first_line: the file's first line, for files whose name does not identify the language.
    """
    plain = path.replace("\\", "/")
    name = PurePosixPath(plain).name
    by_pattern = next((each for pattern, each in _BY_PATTERN if fnmatchcase(plain, pattern)), None)
    if by_pattern is not None:
        return by_pattern
    by_name = _BY_FILE_NAME.get(name) or _BY_EXTENSION.get(PurePosixPath(name).suffix.lower())
    if by_name is not None:
        # Qt's translation files share TypeScript's extension.
        is_xml = first_line.startswith("<?xml") and by_name.name == "typescript"
        return None if is_xml else by_name
    return _by_shebang(first_line)


def known_language(name: str, path: str = "") -> Language:
    """Return the language with this name; without a name, that of a plain text file.

    Args:
        name: the language's name, or empty.
        path: tells documents from code if the language is unknown.

    Raises:
        KeyError: no language has this name.
    """
    if not name:
        return plain_language(path)
    return LANGUAGES[name] if name in LANGUAGES else EXTRA_LANGUAGES[name]


def _by_shebang(first_line: str) -> Language | None:
    found = _SHEBANG.match(first_line)
    if found is None:
        return None
    program = PurePosixPath(found["program"]).name
    return _BY_INTERPRETER.get(program) or _BY_INTERPRETER.get(_VERSION.sub("", program))
