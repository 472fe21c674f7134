"""The differences between a file and its previous version, by lines and bytes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from podium.syntax.line_map import same_lines
from podium.syntax.source import Source


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines of the base and the lines that replace them, as 0-based half-open ranges."""

    old_from: int
    old_to: int
    new_from: int
    new_to: int

    @property
    def loss(self) -> int:
        """The number of removed lines minus the number of added lines."""
        return (self.old_to - self.old_from) - (self.new_to - self.new_from)


@lru_cache(maxsize=4)
def hunks_between(base: Source, new: Source) -> tuple[Hunk, ...]:
    """Return the differences between two versions of a file, in order."""
    return tuple(_hunks(base, new))


def hunks_of_blanked(base: Source, new: Source) -> tuple[Hunk, ...]:
    """Return the differences between sources that may have blanked-out parts.

    They mostly differ in the same lines as the original files, whose hunks are already known.
    """
    hunks = hunks_between(base.written, new.written)
    is_blanked = base.written is not base or new.written is not new
    if is_blanked and any(
        base.text_of_lines(old_from, old_to) != new.text_of_lines(new_from, new_to)
        for old_from, old_to, new_from, new_to in _unchanged(hunks, base, new)
    ):
        return hunks_between(base, new)
    return hunks


def _unchanged(
    hunks: tuple[Hunk, ...], base: Source, new: Source
) -> Iterator[tuple[int, int, int, int]]:
    old_from = new_from = 0
    for each in hunks:
        yield old_from, each.old_from, new_from, each.new_from
        old_from, new_from = each.old_to, each.new_to
    yield old_from, len(base.lines), new_from, len(new.lines)


def joined(hunks: Iterable[Hunk], gap: int) -> list[Hunk]:
    """Return hunks, merging those that are at most `gap` lines apart."""
    found: list[Hunk] = []
    for each in hunks:
        if found and each.old_from - found[-1].old_to <= gap:
            last = found[-1]
            found[-1] = Hunk(last.old_from, each.old_to, last.new_from, each.new_to)
        else:
            found.append(each)
    return found


def _hunks(base: Source, new: Source) -> Iterator[Hunk]:
    old_from = new_from = 0
    runs = same_lines(base.lines, new.lines)
    for old_at, new_at, count in (*runs, (len(base.lines), len(new.lines), 0)):
        if old_at > old_from or new_at > new_from:
            yield Hunk(old_from, old_at, new_from, new_at)
        old_from, new_from = old_at + count, new_at + count
