"""Locates findings in a document and shifts them along with edits.

In an open document, edits shift the lines; elsewhere, the core relocates findings by their anchors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from podium.model.findings import Finding, Range
from podium.operations.finding.locate import at_line
from podium_lsp.session.documents import LineShift
from podium_lsp.session.text import Span, Text


@dataclass(frozen=True)
class LocatedFinding:
    """A finding with its current location.

    Args:
        finding: the finding with its current range.
        line: the core's 1-based line.
        span: the marked span.
        edit: the span that its suggested edit replaces, if that still applies.
        elsewhere: whether the finding applies only to an attempt's version of the file.
    """

    finding: Finding
    line: int
    span: Span
    edit: Span | None
    elsewhere: bool = False


def locate(finding: Finding, text: Text) -> LocatedFinding:
    """Return the location of a finding whose range is current."""
    span = _span(text, finding.range)
    return LocatedFinding(
        finding, finding.range.start.line, _tidied(text, span), _edit(finding, text)
    )


def shifted(finding: Finding, text: Text, line: int) -> Finding | None:
    """Return a finding moved to its shifted line, or None if the line's content differs."""
    if not 1 <= line <= text.core_line_count:
        return None
    return at_line(finding, line, text.core_line(line))


def locate_elsewhere(finding: Finding, text: Text) -> LocatedFinding:
    """Locate a finding about an attempt's version at the first line of the document."""
    head = text.core_line(1)
    return LocatedFinding(finding, 1, Span(0, len(head)), None, elsewhere=True)


def shift_lines(lines: Mapping[str, int], shifts: Sequence[LineShift]) -> dict[str, int]:
    """Return findings' lines after edits, by id, except those in replaced lines.

    Args:
        lines: the lines before the edits, by id.
        shifts: the shifts of the edits, in order.
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
    """Return the span without surrounding whitespace, so that indentation is not marked."""
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
