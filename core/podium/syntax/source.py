"""One version of a file, indexed by lines."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from functools import cached_property, lru_cache
from itertools import accumulate, chain

from podium.syntax.values import Position

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE_FEED = ord("\n")
_TAB_WIDTH = 4
_CONTEXT = 120
"""Characters on both sides of a position that identify it in a long line."""
_KNOWN_LINES = 2**16
"""Size of the cache of lines with collapsed whitespace; a file shares most lines with its base."""


class Source:
    """UTF-8 source text, addressed by byte offsets as in the grammars.

    Args:
        raw: the file's bytes; a byte order mark is removed, because editors hide it as well.
        written: the original source, if parts of this one are blanked out.

    A line ends at a line feed; a carriage return before it is part of the line ending.
    """

    def __init__(self, raw: bytes, written: "Source | None" = None) -> None:
        self.text = raw.removeprefix(_BYTE_ORDER_MARK)
        # A reference to itself would keep the text alive until the next garbage collection.
        self._written = written

    @property
    def written(self) -> "Source":
        """The original source, without blanked-out parts."""
        return self._written or self

    def replaced(self, start: int, end: int, new: bytes) -> "Source":
        """Return the source after a replacement; only the affected lines are indexed again.

        Args:
            start: the offset of the first replaced byte.
            end: the offset after the last replaced byte.
            new: the replacement.
        """
        after = Source(self.text[:start] + new + self.text[end:])
        longer = len(new) - (end - start)
        if len(after.text) != len(self.text) + longer:
            return after  # The text now begins with a byte order mark.
        first, last = self._line_index(start), self._line_index(end)
        starts = self._line_starts
        inner = [start + at + 1 for at, byte in enumerate(new) if byte == _LINE_FEED]
        behind = [at + longer for at in starts[last + 1 :]] if longer else starts[last + 1 :]
        after._line_starts = [*starts[: first + 1], *inner, *behind]
        if "lines" in self.__dict__:
            touched = Source(after.text_of_lines(first, first + len(inner) + 1)).lines
            middle = touched[: len(inner) + 1]
            after.lines = (*self.lines[:first], *middle, *self.lines[last + 1 :])
        return after

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines without line endings; after a final line feed the last line is empty."""
        lines = self.text.decode().split("\n")
        if b"\r" in self.text:
            lines = [line.removesuffix("\r") for line in lines]
        return tuple(lines)

    @cached_property
    def non_blank_lines(self) -> tuple[str, ...]:
        """The non-blank lines, with every run of whitespace collapsed to one space."""
        return tuple(filter(None, map(_squeezed, self.lines)))

    def count_non_blank(self, ranges: Iterable[tuple[int, int]]) -> Counter[str]:
        """Count the non-blank lines in ranges of 0-based indices."""
        lines = chain.from_iterable(self.lines[first:behind] for first, behind in ranges)
        return Counter(filter(None, map(_squeezed, lines)))

    @cached_property
    def line_set(self) -> frozenset[str]:
        """The stripped lines, for membership tests."""
        return frozenset(map(str.strip, self.lines))

    @property
    def ends_with_newline(self) -> bool:
        """Return whether the last line ends with a line feed."""
        return self.text.endswith(b"\n")

    @cached_property
    def last_non_blank(self) -> int:
        """The number of the last non-blank line; 1 if all lines are blank."""
        numbers = range(len(self.lines), 0, -1)
        return next((number for number in numbers if self.lines[number - 1].strip()), 1)

    def position(self, offset: int) -> Position:
        """Return the position of a byte offset, clamped to the end of the text."""
        index = self._line_index(offset)
        before = self.text[self._line_starts[index] : offset].decode(errors="ignore")
        return self.clamped(index + 1, len(before) + 1)

    def clamped(self, line: int, column: int) -> Position:
        """Return the position in the text nearest to a 1-based line and column."""
        line = min(max(line, 1), len(self.lines))
        return Position(line, min(max(column, 1), len(self.lines[line - 1]) + 1))

    def end_of_line(self, line: int) -> Position:
        """Return the position after the last character of a line."""
        return Position(line, len(self.lines[line - 1]) + 1)

    def context_at(self, position: Position) -> str:
        """Return the stripped line at a position, or a part of a long line."""
        line = self.lines[position.line - 1]
        if len(line) > 2 * _CONTEXT:
            line = line[max(position.column - _CONTEXT, 0) : position.column + _CONTEXT]
        return line.strip()

    def offset_of(self, position: Position) -> int:
        """Return the byte offset of a position."""
        before = self.lines[position.line - 1][: position.column - 1]
        return self._line_starts[position.line - 1] + len(before.encode())

    def nearest_offset(self, position: Position) -> int:
        """Return the byte offset in the text nearest to a position."""
        line = min(max(position.line, 1), len(self._line_starts)) - 1
        start = self._line_starts[line]
        end = self.text.find(b"\n", start)
        whole = self.text[start : end if end >= 0 else len(self.text)].decode()
        return start + len(whole[: max(position.column - 1, 0)].encode())

    def line(self, offset: int) -> int:
        """Return the number of the line that contains an offset."""
        return self._line_index(offset) + 1

    def indentation(self, offset: int) -> int:
        """Return the indentation of the line that contains an offset."""
        return _indentation(self.lines[self._line_index(offset)])

    def content_indentation(self, offset: int) -> int:
        """Return the indentation of the next non-empty line; 0 if no such line follows."""
        after = range(self._line_index(offset) + 1, len(self.lines))
        return next((_indentation(self.lines[at]) for at in after if self.lines[at].strip()), 0)

    def start_of_line(self, index: int) -> int:
        """Return the start offset of a line, given its 0-based index, or the end of the text."""
        return self._line_starts[index] if index < len(self._line_starts) else len(self.text)

    def span_of_lines(self, first: int, behind: int) -> tuple[int, int]:
        """Return the start and end of lines, given their 0-based indices, clamped to the text."""
        return self.start_of_line(max(first, 0)), self.start_of_line(max(behind, 0))

    def text_of_lines(self, first: int, behind: int) -> bytes:
        """Return the text of lines, given their 0-based indices."""
        start, end = self.span_of_lines(first, behind)
        return self.text[start:end]

    def starts_line(self, offset: int) -> bool:
        """Return whether only whitespace and closing brackets precede an offset on its line."""
        return not self._head(offset).strip(b" \t)]}")

    def _head(self, offset: int) -> bytes:
        return self.text[self._line_starts[self._line_index(offset)] : offset]

    def _line_index(self, offset: int) -> int:
        return bisect_right(self._line_starts, offset) - 1

    @cached_property
    def _line_starts(self) -> list[int]:
        lengths = map(len, self.text.split(b"\n"))
        starts = [at + index for index, at in enumerate(accumulate(lengths, initial=0))]
        return starts[:-1]


@lru_cache(maxsize=_KNOWN_LINES)
def _squeezed(line: str) -> str:
    return " ".join(line.split())


@lru_cache(maxsize=_KNOWN_LINES)
def _indentation(line: str) -> int:
    expanded = line.expandtabs(_TAB_WIDTH)
    return len(expanded) - len(expanded.lstrip(" "))
