"""Which line of one version is which line of the next; pure.

Patience first: lines that occur once in both versions, in the same order, are surely the same; what
lies between them is compared piece by piece. A plain longest match would pair closing brackets of
different functions.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

_MAX_COMPARED = 2_000_000
"""How many pairs of lines a piece may have to be compared at all."""


def line_map(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Return for each line of the old version that is left its number in the new one, from 0."""
    found: dict[int, int] = {}
    pieces = [(0, len(old), 0, len(new))]
    while pieces:
        old_from, old_to, new_from, new_to = pieces.pop()
        while old_from < old_to and new_from < new_to and old[old_from] == new[new_from]:
            found[old_from] = new_from
            old_from, new_from = old_from + 1, new_from + 1
        while old_from < old_to and new_from < new_to and old[old_to - 1] == new[new_to - 1]:
            old_to, new_to = old_to - 1, new_to - 1
            found[old_to] = new_to
        if old_from == old_to or new_from == new_to:
            continue
        anchors = _unique_in_order(old, new, (old_from, old_to, new_from, new_to))
        if anchors:
            pieces += _between(anchors, (old_from, old_to, new_from, new_to))
            found.update(anchors)
        elif (old_to - old_from) * (new_to - new_from) <= _MAX_COMPARED:
            found.update(_matched(old, new, (old_from, old_to, new_from, new_to)))
    return found


_Piece = tuple[int, int, int, int]


def unique_in_order(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return pairs of lines that occur once in each version, as many as stand in the same order."""
    return _unique_in_order(old, new, (0, len(old), 0, len(new)))


def _unique_in_order(
    old: Sequence[str], new: Sequence[str], piece: _Piece
) -> list[tuple[int, int]]:
    """Return pairs of lines that occur once on each side, as many as stand in the same order."""
    old_from, old_to, new_from, new_to = piece
    old_counts = Counter(old[old_from:old_to])
    new_counts = Counter(new[new_from:new_to])
    new_places = {new[at]: at for at in range(new_from, new_to) if new_counts[new[at]] == 1}
    pairs = [
        (at, new_places[old[at]])
        for at in range(old_from, old_to)
        if old_counts[old[at]] == 1 and old[at] in new_places
    ]
    return _longest_increasing(pairs)


def _longest_increasing(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    tops: list[int] = []
    piles: list[int] = []
    previous: list[int] = []
    for index, (_, place) in enumerate(pairs):
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


def _between(anchors: Sequence[tuple[int, int]], piece: _Piece) -> list[_Piece]:
    old_from, old_to, new_from, new_to = piece
    gaps: list[_Piece] = []
    for old_at, new_at in (*anchors, (old_to, new_to)):
        gaps.append((old_from, old_at, new_from, new_at))
        old_from, new_from = old_at + 1, new_at + 1
    return gaps


def _matched(old: Sequence[str], new: Sequence[str], piece: _Piece) -> dict[int, int]:
    old_from, old_to, new_from, new_to = piece
    matcher = SequenceMatcher(None, old[old_from:old_to], new[new_from:new_to], autojunk=False)
    return {
        old_from + block.a + step: new_from + block.b + step
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    }
