"""Where a finding stands in a text that has moved on; pure.

A finding is shown where its line is now: at the line that it was found at when that still reads
the same, else at the nearest line that does; of several the one in the company that it had. When
none does, it is not shown at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from podium.model.findings import Finding, Position
from podium.running.auditing.anchoring import line_in
from podium_lsp.documents import LineShift
from podium_lsp.text import Span, Text

FURTHEST = 2_000
"""How many lines a finding is looked for in either direction."""


@dataclass(frozen=True)
class Placed:
    """A finding and where it stands now.

    Args:
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


def place(finding: Finding, text: Text, hint: int | None = None) -> Placed | None:
    """Return where a finding stands in a text, or None when its place is gone.

    Args:
        hint: the line where it stood last, moved by the edits since.
    """
    line = _anchored(finding, text) if hint is None else None
    if line is None:
        line = _line(finding, text.core_lines, hint or finding.range.start.line)
    if line is None:
        return None
    by = line - finding.range.start.line
    span = _span(text, finding.range.start, finding.range.end, by)
    return Placed(finding, line, _tidied(text, span), _edit(finding, text, by))


def place_elsewhere(finding: Finding, text: Text) -> Placed:
    """Return the head of a text, where it is told what is wrong with an attempt's version."""
    head = text.core_lines[0]
    return Placed(finding, 1, Span(0, len(head)), None, elsewhere=True)


def moved(hints: Mapping[str, int], shifts: Sequence[LineShift]) -> dict[str, int]:
    """Return where findings stand after edits, by id."""
    lines = dict(hints)
    for shift in shifts:
        if shift.by:
            for name, line in lines.items():
                if line > shift.line:
                    lines[name] = max(line + shift.by, 1)
    return lines


def _anchored(finding: Finding, text: Text) -> int | None:
    """Return the line by the company that it had, where several lines read the same."""
    snippet = finding.snippet.strip()
    alike = sum(_reads(line, snippet) for line in text.core_lines) if snippet else 0
    return line_in(finding, text.content) if alike > 1 else None


def _line(finding: Finding, lines: Sequence[str], near: int) -> int | None:
    snippet = finding.snippet.strip()
    if not snippet:
        return near if near <= len(lines) else None
    reach = max(len(lines), near)
    for distance in range(min(reach, FURTHEST) + 1):
        for line in {near - distance, near + distance}:
            if 1 <= line <= len(lines) and _reads(lines[line - 1], snippet):
                return line
    return None


def _reads(line: str, snippet: str) -> bool:
    # What is kept of a long line is its beginning.
    stripped = line.strip()
    return stripped == snippet or (len(snippet) >= 150 and stripped.startswith(snippet))


def _span(text: Text, start: Position, end: Position, by: int) -> Span:
    first = text.core_offset(start.line + by, start.column)
    return Span(first, max(first, text.core_offset(max(end.line + by, 1), end.column)))


def _tidied(text: Text, span: Span) -> Span:
    """Leave white space at both ends unmarked; a finding about a whole line marks its words."""
    marked = text.content[span.start : span.end]
    if not marked.strip():
        return span
    left = len(marked) - len(marked.lstrip())
    return Span(span.start + left, span.start + len(marked.rstrip()))


def _edit(finding: Finding, text: Text, by: int) -> Span | None:
    if finding.suggested_edit is None:
        return None
    wanted = finding.suggested_edit.range
    span = _span(text, wanted.start, wanted.end, by)
    replaces = finding.suggested_edit.replaces
    fits = replaces is None or text.content[span.start : span.end] == replaces
    return span if fits else None
