"""A document's text with its positions: offsets, protocol lines, and core lines.

The protocol ends a line at LF, CRLF or CR and counts columns in code units of an encoding that
client and server negotiate; the core ends a line at LF and counts code points. Both are converted
through offsets into the Python string.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import accumulate

_LINE_END = re.compile(r"\r\n|\n|\r")
_LINE_FEED = re.compile("\n")


class Encoding(StrEnum):
    """The unit in which columns are counted."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"

    def units(self, text: str) -> int:
        """Return the length of `text` in units."""
        if self is Encoding.UTF32 or text.isascii():
            return len(text)
        if self is Encoding.UTF8:
            return len(text.encode("utf-8", "surrogatepass"))
        return len(text) + sum(letter > "\uffff" for letter in text)

    def index_at(self, text: str, units: int) -> int:
        """Return the index of the character at a number of units, at most the text's length.

        A position inside a character is rounded down to its start.
        """
        if self is Encoding.UTF32 or text.isascii():
            return min(units, len(text))
        passed = 0
        for index, letter in enumerate(text):
            passed += self.units(letter)
            if passed > units:
                return index
        return len(text)


@dataclass(frozen=True, order=True)
class Place:
    """A 0-based line and column of the protocol."""

    line: int
    column: int


@dataclass(frozen=True)
class Span:
    """A range of offsets, exclusive of its end."""

    start: int
    end: int

    def holds(self, offset: int) -> bool:
        """Return whether an offset is inside the span or at its end."""
        return self.start <= offset <= self.end


@dataclass(frozen=True)
class Text:
    """One version of a document's text.

    Args:
        content: the characters.
        known_starts: the offsets at which the core's lines start, if already known.
    """

    content: str
    known_starts: Sequence[int] = field(default=(), repr=False, compare=False)

    @cached_property
    def _core_starts(self) -> Sequence[int]:
        if self.known_starts:
            return self.known_starts
        lengths = (len(line) + 1 for line in self.content.split("\n"))
        return [0, *accumulate(lengths)][:-1]

    @cached_property
    def _starts(self) -> Sequence[int]:
        if "\r" not in self.content:
            return self._core_starts
        return [0, *(found.end() for found in _LINE_END.finditer(self.content))]

    @property
    def core_line_count(self) -> int:
        """Return the number of the core's lines, at least one."""
        return len(self._core_starts)

    def core_line(self, line: int) -> str:
        """Return the core's line with a 1-based number, without its line ending."""
        starts = self._core_starts
        end = starts[line] - 1 if line < len(starts) else len(self.content)
        return self.content[starts[line - 1] : end].removesuffix("\r")

    @property
    def line_count(self) -> int:
        """Return the number of lines, at least one."""
        return len(self._starts)

    def line_span(self, line: int) -> Span:
        """Return the span of a line without its line ending; empty after the last line."""
        starts = self._starts
        if line >= len(starts):
            return Span(len(self.content), len(self.content))
        if line + 1 == len(starts):
            return Span(starts[line], len(self.content))
        end = starts[line + 1]
        return Span(starts[line], end - (2 if self.content[end - 2 : end] == "\r\n" else 1))

    def line_of(self, offset: int) -> int:
        """Return the line that contains an offset."""
        return bisect_right(self._starts, offset) - 1

    def offset(self, place: Place, encoding: Encoding) -> int:
        """Return the offset of a position, clamped to the end of its line or of the text."""
        if place.line >= len(self._starts):
            return len(self.content)
        span = self.line_span(place.line)
        return span.start + encoding.index_at(self.content[span.start : span.end], place.column)

    def place(self, offset: int, encoding: Encoding) -> Place:
        """Return the position of an offset."""
        inside = min(max(offset, 0), len(self.content))
        line = self.line_of(inside)
        span = self.line_span(line)
        return Place(line, encoding.units(self.content[span.start : min(inside, span.end)]))

    def core_offset(self, line: int, column: int) -> int:
        """Return the offset of the core's 1-based line and column."""
        if line > len(self._core_starts):
            return len(self.content)
        return self._core_starts[line - 1] + min(column - 1, len(self.core_line(line)))

    def core_line_of(self, offset: int) -> int:
        """Return the core's 1-based line that contains an offset."""
        return bisect_right(self._core_starts, offset)

    def core_place(self, offset: int) -> tuple[int, int]:
        """Return the core's 1-based line and column of an offset."""
        line = self.core_line_of(offset)
        return line, offset - self._core_starts[line - 1] + 1

    def replaced(self, span: Span, content: str) -> "Text":
        """Return the text with the content of a span replaced."""
        # Finding all lines of a long document again at every keystroke would dominate the cost.
        starts, by = self._core_starts, len(content) - (span.end - span.start)
        first, behind = bisect_right(starts, span.start), bisect_right(starts, span.end)
        added = [span.start + found.end() for found in _LINE_FEED.finditer(content)]
        shift_lines = [start + by for start in starts[behind:]] if by else starts[behind:]
        return Text(
            self.content[: span.start] + content + self.content[span.end :],
            [*starts[:first], *added, *shift_lines],
        )
