"""Compares the lists in settings: what a check ignores, selects and omits."""

import configparser
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, cast

from podium.gates.weakened.values import lines_of

_GROWS = re.compile(
    r"(?:^|\.)(?:(?:extend-)?(?:ignore|exclude)|(?:extend-)?per-file-ignores(?:\..*)?|omit|disable"
    r"|disable_error_code|norecursedirs|testPathIgnorePatterns|coveragePathIgnorePatterns"
    r"|modulePathIgnorePatterns|collect_ignore)$"
)
_SHRINKS = re.compile(
    r"(?:^|\.)(?:(?:extend-)?select|enable_error_code|testpaths|enable|testMatch"
    r"|filterwarnings)$"
)
_TOOLS = re.compile(r"^tool\.(?:ruff|pytest|mypy|coverage|pyright|basedpyright|pylint|flake8)\.")
_INI_SECTION = re.compile(
    r"^(?:flake8|mypy|pytest|tool:pytest|coverage|run|report|MASTER|MAIN|MESSAGES CONTROL"
    r"|pycodestyle)",
    re.IGNORECASE,
)
_INI = (".cfg", ".ini", ".flake8", ".coveragerc", "pylintrc")
_JSON_COMMENT = re.compile(r"(\"(?:\\.|[^\"\\])*\")|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])", re.DOTALL)
_ITEM = re.compile(r"\s*-\s+(?P<item>[\w./*-]+)\s*$")
_KEY = re.compile(r"(?P<indent>\s*)(?:-\s+)?(?P<key>[\w-]+):\s*$")

Lists = dict[str, frozenset[str]]
"""Items by the path of their setting."""


def shorter_checks(path: str, base: bytes, new: bytes) -> Iterator[tuple[int, str, str]]:
    """Yield line, subject and message for each list that makes a check look at less."""
    before, after = lists_in(path, base), lists_in(path, new)
    if before is None or after is None:
        return
    lines = lines_of(new)
    for name, items in after.items():
        for item in sorted(items - before.get(name, frozenset())) if _GROWS.search(name) else ():
            yield _line_of(lines, item), item, f"{item} was added to {name}"
    for name, items in before.items():
        left = after.get(name, frozenset())
        if not _SHRINKS.search(name) or "ALL" in left:
            continue
        for item in sorted(items - left):
            if name.endswith("filterwarnings") and not item.startswith("error"):
                continue
            # A family of rules that is selected as a whole contains its members.
            if not any(item.startswith(each) for each in left):
                yield (
                    _line_of(lines, name.rpartition(".")[2]),
                    item,
                    f"{item} was removed from {name}",
                )


def _line_of(lines: Sequence[str], text: str) -> int:
    return next((number for number, line in enumerate(lines, 1) if text in line), 1)


def lists_in(path: str, text: bytes) -> Lists | None:
    """Return the lists in a settings file; None if it cannot be read."""
    name = PurePosixPath(path).name
    plain = text.decode("utf-8-sig", "replace")
    try:
        if name.endswith(".toml"):
            return _in_toml(name, tomllib.loads(plain))
        if name.endswith(_INI):
            return _in_ini(plain)
        if name.endswith((".json", ".jsonc", "rc")):
            return _flat("", json.loads(_JSON_COMMENT.sub(lambda m: m[1] or "", plain)))
    except (ValueError, configparser.Error, RecursionError):
        return None
    if name.startswith((".golangci", ".rubocop")):
        return _in_yaml(plain.split("\n"))
    return {}


def _in_toml(name: str, document: Mapping[str, Any]) -> Lists:
    found = _flat("", document)
    if name != "pyproject.toml":
        return found
    return {key: items for key, items in found.items() if _TOOLS.match(key)}


def _flat(prefix: str, value: object) -> Lists:
    """Return the lists of strings in a document, and text that is a list of words."""
    if isinstance(value, Mapping):
        found: Lists = {}
        for key, each in cast("Mapping[str, object]", value).items():
            found |= _flat(f"{prefix}.{key}" if prefix else key, each)
        return found
    if isinstance(value, list):
        items = [each for each in cast("list[object]", value) if isinstance(each, str)]
        return {prefix: frozenset(items)}
    return {}


def _in_ini(text: str) -> Lists:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.read_string(text)
    found: Lists = {}
    for section in parser.sections():
        if not _INI_SECTION.match(section):
            continue
        for key, value in parser.items(section):
            words = re.split(r"[,\s]+", re.sub(r"(?m)#.*$", "", value or ""))
            found[f"{section}.{key}"] = frozenset(filter(None, words))
    return found


def _in_yaml(lines: Sequence[str]) -> Lists:
    """Return the lists below keys, by indentation."""
    found: Lists = {}
    key = ""
    for line in lines:
        if heading := _KEY.match(line):
            key = heading["key"]
        elif item := _ITEM.match(line):
            found[key] = found.get(key, frozenset()) | {item["item"]}
    return found
