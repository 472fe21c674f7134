"""Wraps styled text and lays it out in columns; independent of terminals.

The layout matches the tables on other screens, so that all screens look alike.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from podium_cli.render.plain.palette import without_controls

Piece: TypeAlias = tuple[str, str]
"""Text and the name of its style; the name is empty for no style."""
Line: TypeAlias = list[Piece]

GAP = 2
"""The space between two columns."""
HEADING = "quiet"

_WORD = re.compile(r"\s*\S+\s*")


@dataclass(frozen=True, slots=True)
class Cell:
    """Text in a column.

    Args:
        text: the text.
        style: its style, which also applies to the space after it.
        more: further text on the same line, in other styles.
    """

    text: str
    style: str = ""
    more: tuple[Piece, ...] = ()

    @property
    def pieces(self) -> Line:
        """All pieces of text in the cell."""
        return [(self.text, self.style), *self.more]


def fold(pieces: Sequence[Piece], width: int) -> list[Line]:
    """Wrap text into lines, between words if possible.

    Args:
        pieces: consecutive pieces of text, which may contain line breaks.
        width: the width of a line, in cells.
    """
    if width < 1:
        return [[]]
    shown = [(_printable(text), style) for text, style in pieces]
    whole = "".join(text for text, _ in shown)
    lines: list[Line] = []
    begin = 0
    for row in whole.split("\n"):
        breaks = [0, *_breaks(row, width), len(row)]
        for start, end in pairwise(breaks):
            kept = _without_excess(row[start:end], width)
            lines.append(_between(shown, begin + start, begin + start + len(kept)))
        begin += len(row) + 1
    return lines


def grid(headings: Sequence[str], rows: Sequence[Sequence[Cell]], width: int) -> list[Line]:
    """Lay out rows below their headings.

    Args:
        headings: the heading of each column.
        rows: the rows, with one cell per heading.
        width: the width of a line, in cells.
    """
    top = [Cell(heading, HEADING) for heading in headings]
    gaps = [GAP] * (len(headings) - 1) + [0]
    natural = [
        max(_natural_width(cell) for cell in column) + gap
        for column, gap in zip(zip(top, *rows, strict=True), gaps, strict=True)
    ]
    widths = _narrowed([min(each, width) or 1 for each in natural], width)
    lines = _row(top, widths, gaps, gap_style=HEADING)
    for row in rows:
        lines += _row(row, widths, gaps)
    return lines


def _row(
    cells: Sequence[Cell], widths: Sequence[int], gaps: Sequence[int], gap_style: str = ""
) -> list[Line]:
    inner = [max(0, width - gap) for width, gap in zip(widths, gaps, strict=True)]
    folded = [fold(cell.pieces, room) for cell, room in zip(cells, inner, strict=True)]
    lines: list[Line] = []
    for number in range(max(map(len, folded))):
        line: Line = []
        for cell, column, room, gap in zip(cells, folded, inner, gaps, strict=True):
            if number >= len(column):
                line.append((" " * (room + gap), gap_style))
                continue
            line += _padded(column[number], room, cell.style)
            line.append((" " * gap, gap_style))
        lines.append(line)
    return lines


def _padded(pieces: Line, width: int, style: str) -> Line:
    free = width - sum(cell_width(text) for text, _ in pieces)
    if free <= 0:
        return pieces
    if pieces and pieces[-1][1] == style:
        return [*pieces[:-1], (pieces[-1][0] + " " * free, style)]
    return [*pieces, (" " * free, style)]


def _natural_width(cell: Cell) -> int:
    text = "".join(_printable(text) for text, _ in cell.pieces)
    return max(cell_width(line) for line in text.split("\n"))


def _narrowed(widths: list[int], most: int) -> list[int]:
    """Take space from the widest columns until all fit."""
    excess = sum(widths) - most
    while excess > 0:
        widest = max(widths)
        second = max((width for width in widths if width != widest), default=0)
        if widest == second or not second:
            break
        share = [width == widest for width in widths]
        widths = _reduced(widths, excess, share, min(excess, widest - second))
        excess = sum(widths) - most
    if excess > 0:
        widths = _reduced(widths, excess, [True] * len(widths), max(widths))
    return widths


def _reduced(widths: list[int], total: int, share: Sequence[bool], most: int) -> list[int]:
    """Reduce the `share` columns by `total` in all, each by at most `most`."""
    found: list[int] = []
    sharing = sum(share)
    for width, shares in zip(widths, share, strict=True):
        if not shares or not sharing:
            found.append(width)
            continue
        taken = min(most, width, round(total / sharing))
        found.append(width - taken)
        total -= taken
        sharing -= 1
    return found


def _breaks(text: str, width: int) -> list[int]:
    """Return the offsets at which to break a line so that no part is wider than `width`."""
    if cell_width(text) <= width:
        return []
    found: list[int] = []
    used = 0
    for word in _WORD.finditer(text):
        start, length = word.start(), cell_width(word[0].rstrip())
        if length <= width - used:
            used += cell_width(word[0])
        elif length > width:
            for part in _chopped(word[0], width):
                if start:
                    found.append(start)
                used = cell_width(part)
                start += len(part)
        elif used and start:
            found.append(start)
            used = cell_width(word[0])
    return found


def _without_excess(text: str, width: int) -> str:
    """Remove the trailing space that does not fit into a line."""
    excess = len(text) - width
    if excess > 0:
        space = len(text) - len(text.rstrip())
        text = text[: len(text) - min(space, excess)]
    while cell_width(text) > width:
        text = text[:-1]
    return text


def _between(pieces: Sequence[Piece], start: int, end: int) -> Line:
    """Return the parts of the pieces between two offsets in their joined text."""
    found: Line = []
    begin = 0
    for text, style in pieces:
        part = text[max(0, start - begin) : max(0, end - begin)]
        if part:
            found.append((part, style))
        begin += len(text)
    return found


def cell_width(text: str) -> int:
    """Return the width of `text` in terminal cells."""
    if text.isascii():
        return len(text)
    # Only text with non-ASCII characters needs the tables of widths.
    from rich.cells import cell_len

    return cell_len(text)


def _chopped(text: str, width: int) -> list[str]:
    if text.isascii():
        return [text[place : place + width] for place in range(0, len(text), width)]
    from rich.cells import chop_cells

    return chop_cells(text, width)


def _printable(text: str) -> str:
    return text if text.isprintable() else without_controls(text.replace("\t", " "))
