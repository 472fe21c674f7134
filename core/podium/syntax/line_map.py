"""Maps the lines of one version of a file to the lines of the next.

A patience diff: lines that occur once in both versions, in the same order, are matched; the
sections between them are compared one by one. A plain longest match would pair closing brackets of
different functions.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise

_MAX_COMPARED = 2_000_000
"""Maximum number of line pairs in a section that is compared."""
_STRIDE = 64
"""Number of lines compared at once where two versions mostly agree."""

_Run = tuple[int, int, int]
_Piece = tuple[int, int, int, int]


def line_map(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Return the new 0-based number of each old line that remains."""
    return {
        old_at + step: new_at + step
        for old_at, new_at, count in same_lines(old, new)
        for step in range(count)
    }


def same_lines(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return the runs of equal lines, in order.

    Each run consists of its start in the old version, its start in the new one, and its length.
    """
    found: list[_Run] = []
    pieces = [(0, len(old), 0, len(new))]
    while pieces:
        old_from, old_to, new_from, new_to = pieces.pop()
        if head := _agreeing(old, new, (old_from, old_to, new_from, new_to)):
            found.append((old_from, new_from, head))
            old_from, new_from = old_from + head, new_from + head
        if tail := _agreeing_ends(old, new, (old_from, old_to, new_from, new_to)):
            old_to, new_to = old_to - tail, new_to - tail
            found.append((old_to, new_to, tail))
        if set(old[old_from:old_to]).isdisjoint(new[new_from:new_to]):
            continue
        piece = (old_from, old_to, new_from, new_to)
        anchors = _unique_in_order(old, new, piece)
        if anchors:
            pieces += _from_anchors(old, new, anchors, piece)
        elif (old_to - old_from) * (new_to - new_from) <= _MAX_COMPARED:
            found += _matched(old, new, piece)
    return sorted(found)


def _agreeing(old: Sequence[str], new: Sequence[str], piece: _Piece) -> int:
    """Return the number of equal lines at the start of a section."""
    old_from, old_to, new_from, new_to = piece
    count, most = 0, min(old_to - old_from, new_to - new_from)
    while (
        count + _STRIDE <= most
        and old[old_from + count : old_from + count + _STRIDE]
        == new[new_from + count : new_from + count + _STRIDE]
    ):
        count += _STRIDE
    while count < most and old[old_from + count] == new[new_from + count]:
        count += 1
    return count


def _agreeing_ends(old: Sequence[str], new: Sequence[str], piece: _Piece) -> int:
    """Return the number of equal lines at the end of a section."""
    old_from, old_to, new_from, new_to = piece
    count, most = 0, min(old_to - old_from, new_to - new_from)
    while (
        count + _STRIDE <= most
        and old[old_to - count - _STRIDE : old_to - count]
        == new[new_to - count - _STRIDE : new_to - count]
    ):
        count += _STRIDE
    while count < most and old[old_to - count - 1] == new[new_to - count - 1]:
        count += 1
    return count


def unique_in_order(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the longest ordered list of pairs of lines that occur once in each version."""
    return _unique_in_order(old, new, (0, len(old), 0, len(new)))


def _unique_in_order(
    old: Sequence[str], new: Sequence[str], piece: _Piece
) -> list[tuple[int, int]]:
    """Return the longest ordered list of pairs of lines that occur once on each side."""
    old_from, old_to, new_from, new_to = piece
    old_lines, new_lines = old[old_from:old_to], new[new_from:new_to]
    once = _once(old_lines) & _once(new_lines)
    places = dict(zip(new_lines, range(new_from, new_to), strict=True))
    pairs = [(at, places[line]) for at, line in enumerate(old_lines, old_from) if line in once]
    return _longest_increasing(pairs)


def _once(lines: Sequence[str]) -> set[str]:
    return {line for line, count in Counter(lines).items() if count == 1}


def _longest_increasing(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    places = [place for _, place in pairs]
    if places == sorted(places):
        return pairs
    tops: list[int] = []
    piles: list[int] = []
    previous: list[int] = []
    for index, place in enumerate(places):
        pile = bisect_left(tops, place)
        previous.append(piles[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(place)
            piles.append(index)
        else:
            tops[pile], piles[pile] = place, index
    chain: list[tuple[int, int]] = []
    at = piles[-1] if piles else -1
    while at >= 0:
        chain.append(pairs[at])
        at = previous[at]
    return chain[::-1]


def _from_anchors(
    old: Sequence[str], new: Sequence[str], anchors: Sequence[tuple[int, int]], piece: _Piece
) -> list[_Piece]:
    """Return the sections that begin at matching lines, and the section before them.

    Consecutive matching lines with no difference between them begin one section.
    """
    old_from, old_to, new_from, new_to = piece
    begins = [(old_from, new_from), anchors[0]]
    begins += [
        after
        for before, after in pairwise(anchors)
        if old[before[0] + 1 : after[0]] != new[before[1] + 1 : after[1]]
    ]
    ends = [*begins[1:], (old_to, new_to)]
    return [
        (old_at, old_end, new_at, new_end)
        for (old_at, new_at), (old_end, new_end) in zip(begins, ends, strict=True)
    ]


def _matched(old: Sequence[str], new: Sequence[str], piece: _Piece) -> list[_Run]:
    old_from, old_to, new_from, new_to = piece
    old_lines, new_lines = old[old_from:old_to], new[new_from:new_to]
    matcher = SequenceMatcher(None, old_lines, new_lines, autojunk=False)
    return [
        (old_from + block.a, new_from + block.b, block.size)
        for block in matcher.get_matching_blocks()
        if block.size
    ]
