"""Replaces parts of a document as an editor does."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

from podium.syntax.source import Source
from podium.syntax.values import Edit


@dataclass(frozen=True, slots=True)
class Replaced:
    """The result of a replacement.

    Args:
        source: the document after the replacement.
        start: the offset of the first replaced byte.
        old_end: the end of the replaced bytes in the old document.
        new_end: the end of the replacement in the new document.
    """

    source: Source
    start: int
    old_end: int
    new_end: int


def replaced(source: Source, edit: Edit) -> Replaced:
    """Apply an edit to a document; positions outside the document are clamped.

    Args:
        source: the document before the edit.
        edit: the replacement.
    """
    start = source.nearest_offset(edit.start)
    end = max(start, source.nearest_offset(edit.end))
    new = edit.text.encode(errors="replace")
    return Replaced(source.replaced(start, end, new), start, end, start + len(new))


def difference(old: bytes, new: bytes) -> tuple[int, int, int]:
    """Return the span in which two versions differ: its start, and its end in each."""
    shorter = min(len(old), len(new))
    start = _same(lambda count: old[:count] == new[:count], shorter)
    rest = shorter - start
    tail = _same(lambda count: old[len(old) - count :] == new[len(new) - count :], rest)
    return start, len(old) - tail, len(new) - tail


def _same(holds: Callable[[int], bool], most: int) -> int:
    """Return the largest count that satisfies a monotonic predicate."""
    return bisect_left(range(1, most + 1), True, key=lambda count: not holds(count))
