"""Converts a tool's report to observations at existing locations in the project.

A tool may name any file and line. Results outside the project, or at locations that do not exist,
are dropped and counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from podium.errors import PathOutsideWorkspace
from podium.findings.text_ranges import text_in
from podium.model.findings import SNIPPET, Observation, Position, Range, SuggestedEdit
from podium.ports.report_reader import Reported, Span
from podium.workspace.paths import resolve_inside

MAX_MESSAGE = 2000
MAX_READ = 8 * 1024 * 1024


@dataclass
class Resolved:
    """The observations of a report.

    Args:
        misplaced: the number of results at locations that do not exist.
    """

    observations: list[Observation] = field(default_factory=list[Observation])
    misplaced: int = 0


def resolve_report(root: Path, tool: str, reported: Iterable[Reported]) -> Resolved:
    """Convert the results of a tool to observations."""
    resolved = Resolved()
    texts = _Texts(root)
    for each in reported:
        seen = _observation(texts, tool, each)
        if seen is None:
            resolved.misplaced += 1
        else:
            resolved.observations.append(seen)
    return resolved


class _Texts:
    """Resolves the paths in a report and reads the files."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._lines: dict[str, list[str] | None] = {}

    def relative(self, name: str) -> str | None:
        """Return the path relative to the project, or None if the file does not exist."""
        path = unquote(urlsplit(name).path) if name.startswith("file:") else name
        try:
            if Path(path).is_absolute():
                path = Path(path).resolve().relative_to(self._root).as_posix()
            found = resolve_inside(self._root, path)
        except (PathOutsideWorkspace, ValueError):
            return None
        return found.relative_to(self._root).as_posix() if found.is_file() else None

    def lines(self, path: str) -> list[str]:
        """Return a file's lines, cached."""
        if path not in self._lines:
            with (self._root / path).open("rb") as file:
                text = file.read(MAX_READ).decode("utf-8-sig", "replace")
            self._lines[path] = [line.rstrip("\r") for line in text.split("\n")]
        return self._lines[path] or []


def _observation(texts: _Texts, tool: str, reported: Reported) -> Observation | None:
    path = texts.relative(reported.path)
    if path is None:
        return None
    lines = texts.lines(path)
    place = _range(lines, reported.span, utf16=reported.utf16)
    if place is None:
        return None
    return Observation(
        path=path,
        range=place,
        severity=reported.severity,
        category=f"{tool}.{reported.rule}" if reported.rule else tool,
        message=reported.message.strip()[:MAX_MESSAGE] or "(no message)",
        said_by=f"tool:{tool}",
        suggested_edit=_edit(lines, reported),
        snippet=lines[place.start.line - 1].strip()[:SNIPPET],
    )


def _edit(lines: list[str], reported: Reported) -> SuggestedEdit | None:
    if reported.edit is None:
        return None
    span, text = reported.edit
    place = _range(lines, span, utf16=reported.utf16)
    if place is None:
        return None
    return SuggestedEdit(range=place, text=text, replaces=text_in("\n".join(lines), place))


def _range(lines: list[str], span: Span, *, utf16: bool) -> Range | None:
    """Convert a span to a range; return None if one of its lines does not exist."""
    end_line = span.end_line or span.line
    # A range may end at the start of the next line, which need not exist.
    if not (1 <= span.line <= len(lines) and span.line <= end_line <= len(lines) + 1):
        return None
    if span.column is None:
        return Range.of_line(span.line)
    counted = _code_points if utf16 else _unchanged
    start = Position(line=span.line, column=counted(lines, span.line, span.column))
    if span.end_column is None:
        line_end = len(lines[span.line - 1]) + 1
        return Range(start=start, end=Position(line=span.line, column=max(line_end, start.column)))
    end = Position(line=end_line, column=counted(lines, end_line, span.end_column))
    if (end.line, end.column) < (start.line, start.column):
        return None
    return Range(start=start, end=end)


def _unchanged(lines: list[str], line: int, column: int) -> int:
    del lines, line
    return max(column, 1)


def _code_points(lines: list[str], line: int, column: int) -> int:
    """Convert a column from UTF-16 code units to code points."""
    text = lines[line - 1] if line <= len(lines) else ""
    units = 1
    column = max(column, 1)
    for index, character in enumerate(text, 1):
        if units >= column:
            return index
        units += 2 if ord(character) > 0xFFFF else 1
    return len(text) + 1 + max(0, column - units)
