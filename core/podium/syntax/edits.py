"""Replaces parts of a text as an editor does; pure."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

from podium.syntax.source import Source
from podium.syntax.values import Edit


@dataclass(frozen=True, slots=True)
class Replaced:
    """The result of a replacement.

    Args:
        source: the text afterwards.
        start: the first byte that was replaced.
        old_end: the first byte behind it.
        new_end: the first byte behind what stands there now.
    """

    source: Source
    start: int
    old_end: int
    new_end: int


def replaced(source: Source, edit: Edit) -> Replaced:
    """Return a text after an edit; places outside of the text are moved to the nearest in it.

    Args:
        source: the text before.
        edit: what is replaced.
    """
    start = source.nearest_offset(edit.start)
    end = max(start, source.nearest_offset(edit.end))
    new = edit.text.encode(errors="replace")
    return Replaced(source.replaced(start, end, new), start, end, start + len(new))


def difference(old: bytes, new: bytes) -> tuple[int, int, int]:
    """Return the one span in which two texts differ: its begin, and its ends in both."""
    shorter = min(len(old), len(new))
    start = _same(lambda count: old[:count] == new[:count], shorter)
    rest = shorter - start
    tail = _same(lambda count: old[len(old) - count :] == new[len(new) - count :], rest)
    return start, len(old) - tail, len(new) - tail


def _same(holds: Callable[[int], bool], most: int) -> int:
    """Return the largest count for which something holds that holds for all smaller ones."""
    return bisect_left(range(1, most + 1), True, key=lambda count: not holds(count))
