"""The part of a text that is marked for a finding, and its move with edits; pure.

For a text whose edits are known, lines are shifted; for any other, the core's anchors find them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from podium.model.findings import Finding, Range
from podium.operations.finding.locate import at_line
from podium_lsp.session.documents import LineShift
from podium_lsp.session.text import Span, Text


@dataclass(frozen=True)
class LocatedFinding:
    """A finding and where it stands now.

    Args:
        finding: as it stands now.
        line: the core's line, from 1.
        span: what is marked.
        edit: where its suggested edit would go, if it has one that still fits.
        elsewhere: whether the text does not hold what it is about, and an attempt's version does.
    """

    finding: Finding
    line: int
    span: Span
    edit: Span | None
    elsewhere: bool = False


def locate(finding: Finding, text: Text) -> LocatedFinding:
    """Return what is marked of a text for a finding that says where it stands in it."""
    span = _span(text, finding.range)
    return LocatedFinding(
        finding, finding.range.start.line, _tidied(text, span), _edit(finding, text)
    )


def shifted(finding: Finding, text: Text, line: int) -> Finding | None:
    """Return a finding at the line that edits led it to; None when that reads otherwise now."""
    if not 1 <= line <= text.core_line_count:
        return None
    return at_line(finding, line, text.core_line(line))


def locate_elsewhere(finding: Finding, text: Text) -> LocatedFinding:
    """Return the head of a text, where it is told what is wrong with an attempt's version."""
    head = text.core_line(1)
    return LocatedFinding(finding, 1, Span(0, len(head)), None, elsewhere=True)


def shift_lines(lines: Mapping[str, int], shifts: Sequence[LineShift]) -> dict[str, int]:
    """Return where findings stand after edits, by id; without those whose lines are gone.

    Args:
        lines: where they stood.
        shifts: what the edits did, in their order.
    """
    after = dict(lines)
    for shift in shifts:
        after = {
            name: _shifted_line(line, shift) for name, line in after.items() if _stays(line, shift)
        }
    return after


def _stays(line: int, shift: LineShift) -> bool:
    return line <= shift.kept or line > shift.line


def _shifted_line(line: int, shift: LineShift) -> int:
    return line + shift.by if line > shift.line else line


def _span(text: Text, place: Range) -> Span:
    first = text.core_offset(place.start.line, place.start.column)
    return Span(first, max(first, text.core_offset(place.end.line, place.end.column)))


def _tidied(text: Text, span: Span) -> Span:
    """Leave white space at both ends unmarked; a finding about a whole line marks its words."""
    marked = text.content[span.start : span.end]
    if not marked.strip():
        return span
    left = len(marked) - len(marked.lstrip())
    return Span(span.start + left, span.start + len(marked.rstrip()))


def _edit(finding: Finding, text: Text) -> Span | None:
    if (edit := finding.suggested_edit) is None:
        return None
    span = _span(text, edit.range)
    fits = edit.replaces is None or text.content[span.start : span.end] == edit.replaces
    return span if fits else None
