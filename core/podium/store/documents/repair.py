"""Proposes repairs for a document's unusable text. They are applied only after confirmation.

Git conflicts can be resolved to ours, theirs or both; small syntax errors (an extra or missing
comma, comments, a missing end) are fixed. Every proposal is a complete document that parses
strictly.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from podium.model.base import canonical_text
from podium.store.documents.merge import merge_documents
from podium.store.documents.parsing import has_conflict_markers, parse_document
from podium.store.journal.record import JsonObject

_LARGEST = 1024 * 1024
_STRING = r'"(?:[^"\\\n]|\\.)*"'
_COMMENT = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TRAILING_COMMA = re.compile(rf"({_STRING})|,(?=\s*[\]}}])")
_MISSING_COMMA = re.compile(r'((?:"|\d|true|false|null|[\]}])[ \t]*)\n(\s*")')
_BRACKET = re.compile(rf"{_STRING}|[\[\]{{}}]")


@dataclass(frozen=True)
class Proposal:
    """Replacement text for a document.

    Args:
        name: `ours`, `theirs`, `both` or `mended`.
        explanation: a description in one sentence.
        text: the canonical text.
    """

    name: str
    explanation: str
    text: str


def proposed_repairs(content: bytes) -> list[Proposal]:
    """Return possible replacements for unusable text, best first."""
    if len(content) > _LARGEST:
        return []
    if has_conflict_markers(content):
        return list(_conflict_repairs(content.decode(errors="replace")))
    text = content.decode(errors="replace").replace("\0", "").lstrip("\ufeff")
    for repaired in _repairs(text):
        if (document := _parsed_or_none(repaired)) is not None:
            return [
                Proposal(
                    "mended", "the text with small syntax errors fixed", canonical_text(document)
                )
            ]
    return []


def difference(before: str, after: str) -> str:
    """Return a unified diff without its header."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return "\n".join(list(lines)[2:])


def _conflict_repairs(text: str) -> Iterator[Proposal]:
    ours, base, theirs = (_parsed_or_none(side) for side in _split_conflict(text))
    if ours is not None and theirs is not None:
        merged = merge_documents({} if base is None else base, ours, theirs)
        if not merged.conflicts:
            yield Proposal("both", "the merge of both sides", canonical_text(merged.value))
    if ours is not None:
        yield Proposal("ours", "this branch's side", canonical_text(ours))
    if theirs is not None:
        yield Proposal("theirs", "the merged branch's side", canonical_text(theirs))


def _split_conflict(text: str) -> tuple[str, str, str]:
    """Return ours, the common base (empty if git did not include it) and theirs."""
    sides: dict[str, list[str]] = {"ours": [], "base": [], "theirs": []}
    current, has_base = "", False
    for line in text.splitlines():
        match line[:7]:
            case "<<<<<<<":
                current = "ours"
            case "|||||||" if current:
                current, has_base = "base", True
            case "=======" if current:
                current = "theirs"
            case ">>>>>>>" if current:
                current = ""
            case _:
                for name in [current] if current else sides:
                    sides[name].append(line)
    ours, base, theirs = ("\n".join(sides[name]) for name in ("ours", "base", "theirs"))
    return ours, base if has_base else "", theirs


def _repairs(text: str) -> Iterator[str]:
    """Yield the text with more and more common syntax errors fixed."""
    yield text
    text = _COMMENT.sub(lambda found: found[1] or "", text)
    yield text
    text = _MISSING_COMMA.sub(r"\1,\n\2", text)
    text = _TRAILING_COMMA.sub(lambda found: found[1] or "", text)
    yield text
    yield _TRAILING_COMMA.sub(lambda found: found[1] or "", _with_closed_brackets(text))


def _with_closed_brackets(text: str) -> str:
    """Return the text with all open brackets closed at its end."""
    open_ones: list[str] = []
    for mark in _BRACKET.findall(text):
        if mark in "[{":
            open_ones.append("]" if mark == "[" else "}")
        elif mark in "]}" and open_ones and open_ones[-1] == mark:
            open_ones.pop()
    return text.rstrip() + "".join(reversed(open_ones))


def _parsed_or_none(text: str) -> JsonObject | None:
    try:
        return parse_document(text.encode())[0]
    except ValueError:
        return None
