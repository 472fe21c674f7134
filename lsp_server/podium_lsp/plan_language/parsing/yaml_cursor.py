"""Finds the path at an offset in YAML from its lines; a parser would fail on unfinished text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from podium_lsp.plan_language.parsing.json_tree import Key
from podium_lsp.session.text import Span, Text

_LEAD = re.compile(r"(?P<dashes>\s*(?:-\s+|-$)*)(?:(?P<name>[\w.\"'-]+)\s*:(?=\s|$))?")
_NAME = re.compile(r"^\s*(?:- +)*(?P<word>[\w-]*)$")
_VALUE = re.compile(r"^\s*(?:- +)*(?P<name>[\w-]+):\s+(?P<word>[\w.-]*)$")
_ITEM = re.compile(r"^\s*(?:- +)*- +(?P<word>[\w.-]*)$")
_LISTED = re.compile(r"^\s*(?:- +)*(?P<name>[\w-]+):\s+\[(?P<before>[^\]]*?)(?P<word>[\w.-]*)$")


@dataclass(frozen=True)
class Typing:
    """The word that the user is typing.

    Args:
        path: the path of the value, or of the mapping that the name belongs to.
        is_name: whether a name is allowed here.
        is_value: whether a value is allowed here.
        span: the part of the word before the cursor.
        written: the sibling names or values.
    """

    path: tuple[Key, ...]
    is_name: bool
    is_value: bool
    span: Span
    written: frozenset[str]


@dataclass(frozen=True)
class _Mark:
    """A dash or a name at the start of a line, and its column."""

    column: int
    name: str | None


def typing_at(text: Text, offset: int) -> Typing | None:
    """Return the word being typed at an offset, or None if it cannot be determined."""
    line = text.line_of(offset)
    start = text.line_span(line).start
    head = text.content[start:offset]
    if (found := _LISTED.match(head)) is not None:
        path = (*_path_before(text, line, found.start("name")), found["name"], 0)
        tail = text.content[offset : text.line_span(line).end].partition("]")[0]
        written = frozenset(re.findall(r"[\w.-]+", f"{found['before']} {tail}"))
        return Typing(path, False, True, _word(offset, found["word"]), written)
    if (found := _VALUE.match(head)) is not None:
        path = (*_path_before(text, line, found.start("name")), found["name"])
        return Typing(path, False, True, _word(offset, found["word"]), frozenset())
    if (found := _NAME.match(head)) is not None:
        column = found.start("word")
        path = _path_before(text, line, column)
        is_item = _ITEM.match(head) is not None
        written = frozenset(_siblings(text, line, column))
        return Typing(path, True, is_item, _word(offset, found["word"]), written)
    return None


def _word(offset: int, word: str) -> Span:
    return Span(offset - len(word), offset)


def _path_before(text: Text, line: int, column: int) -> tuple[Key, ...]:
    """Return the path of the value that starts at a column on a line.

    A list can have the same indentation as the name to which it belongs.
    """
    path: list[Key] = []
    limit, may_touch = column, False
    for number in range(line, -1, -1):
        for mark in reversed(_marks(text, number)):
            if number == line and mark.column >= column:
                continue
            if mark.name is None and mark.column < limit:
                path.insert(0, 0)
                limit, may_touch = mark.column, True
            elif mark.name is not None and (
                mark.column < limit or (may_touch and mark.column == limit)
            ):
                path.insert(0, mark.name)
                limit, may_touch = mark.column, False
        if limit == 0 and not may_touch:
            break
    return tuple(path)


def _siblings(text: Text, line: int, column: int) -> Iterator[str]:
    """Yield the other names in the mapping to which a name at this column would belong."""
    for step in (-1, 1):
        number = line if step < 0 else line + 1
        while 0 <= number < text.line_count:
            marks = _marks(text, number)
            here = [each for each in marks if each.column == column and each.name is not None]
            is_outside = bool(marks) and marks[0].column < column
            if step > 0 and is_outside:
                break
            if number != line:
                yield from (str(each.name) for each in here)
            # Going up, the line that starts the item is part of it.
            if is_outside:
                break
            number += step


def _marks(text: Text, line: int) -> list[_Mark]:
    span = text.line_span(line)
    content = text.content[span.start : span.end]
    found = _LEAD.match(content)
    if found is None or content.lstrip().startswith("#"):
        return []
    dashes = [_Mark(at, None) for at, letter in enumerate(found["dashes"]) if letter == "-"]
    if found["name"] is not None:
        dashes.append(_Mark(found.start("name"), found["name"].strip("\"'")))
    return dashes
