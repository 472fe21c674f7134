"""Anchors findings in the code to which they refer, and locates that code in a changed file.

A finding without an unambiguous location is lost; its location is never guessed. Works on file
contents only; callers read the files.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from podium.model.findings import SNIPPET, Finding, FindingAnchor, Observation, Position, Range
from podium.syntax import (
    Anchor,
    Placed,
    Stale,
    SymbolKind,
    SyntaxChecker,
    line_hash,
)

_MAX_BYTES = 2 * 1024 * 1024
"""Larger files are usually generated; findings in them keep their original position."""


@dataclass(frozen=True)
class Lost:
    """A finding whose location is no longer known.

    Args:
        reason: a sentence for a person.
    """

    finding: Finding
    reason: str


async def with_anchors(
    checker: SyntaxChecker, observations: Iterable[Observation], texts: Mapping[str, bytes]
) -> list[Observation]:
    """Return observations with anchors, in the same order.

    Args:
        checker: parses the files.
        observations: the observations to anchor.
        texts: file contents by path, as the auditor saw them; observations in other files are not
            anchored.
    """
    rows = list(observations)
    for path, text in texts.items():
        if len(text) > _MAX_BYTES or b"\0" in text:
            continue
        at = [index for index, each in enumerate(rows) if each.path == path and _has_line(each)]
        lines = [rows[index].range.start.line for index in at]
        anchors = await anchors_of(checker, path, text, lines) if lines else ()
        for index, anchor in zip(at, anchors, strict=True):
            rows[index] = rows[index].model_copy(update={"anchor": anchor})
    return rows


async def anchors_of(
    checker: SyntaxChecker, path: str, text: bytes, lines: Sequence[int]
) -> tuple[FindingAnchor, ...]:
    """Return anchors for lines of a file."""
    plain = _lines(text)
    version = version_of(text)
    made = await checker.make_anchors(path, text, lines)
    return tuple(_stored(each, version, _indentation(plain[each.line - 1])) for each in made)


async def place_in(
    checker: SyntaxChecker, path: str, text: bytes, findings: Sequence[Finding]
) -> list[Finding | Lost]:
    """Locate the findings of one file in its current content, in the given order.

    Args:
        checker: used only if comparing lines is inconclusive.
        path: the current path of the file.
        text: the current content.
        findings: findings of the file, under its current or a previous path.
    """
    version = version_of(text)
    moved = {
        index: _anchor(each.anchor)
        for index, each in enumerate(findings)
        if each.anchor is not None and each.anchor.version != version
    }
    found = await checker.relocate_all(list(moved.values()), path, text) if moved else ()
    places = dict(zip(moved, found, strict=True))
    lines = _lines(text)
    return [_placed(each, path, lines, places.get(index)) for index, each in enumerate(findings)]


def at_line(finding: Finding, line: int, line_text: str) -> Finding | None:
    """Return a finding shifted to a line by edits, or None if that line's text differs.

    Args:
        finding: the finding before the edits.
        line: its 1-based line after the edits, as tracked by the editor.
        line_text: the text of that line.
    """
    anchor, by = finding.anchor, line - finding.range.start.line
    if anchor is not None:
        shift = _indentation(line_text) - anchor.indentation
        return _moved(finding, by, shift) if line_hash(line_text) == anchor.text_hash else None
    is_same = not finding.snippet or _matches_snippet(line_text, finding.snippet)
    return _moved(finding, by, 0) if is_same else None


def version_of(text: bytes) -> str:
    """Return a hash that identifies this version of a file."""
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def under_path(finding: Finding, path: str) -> Finding:
    """Return a finding in a renamed file, with the path from which its fingerprint is computed."""
    if finding.path == path:
        return finding
    first = finding.first_path or finding.path
    return finding.model_copy(update={"path": path, "first_path": first if first != path else ""})


def _placed(
    finding: Finding, path: str, lines: Sequence[str], place: Placed | Stale | None
) -> Finding | Lost:
    renamed = under_path(finding, path)
    match place:
        case Placed(line):
            assert renamed.anchor is not None
            shift = _indentation(lines[line - 1]) - renamed.anchor.indentation
            return _moved(renamed, line - finding.range.start.line, shift)
        case Stale(reason):
            return Lost(renamed, reason)
        case None if finding.anchor is None:
            return _by_snippet(renamed, lines)
        case None:
            return renamed


def _by_snippet(finding: Finding, lines: Sequence[str]) -> Finding | Lost:
    """Locate a finding without an anchor: at its line, or at the only line with the same text."""
    if not finding.snippet:
        return finding
    equal = [at for at, line in enumerate(lines, 1) if _matches_snippet(line, finding.snippet)]
    line = finding.range.start.line
    if line in equal:
        return finding
    if len(equal) == 1:
        return _moved(finding, equal[0] - line, 0)
    return Lost(finding, f"line {line} was changed or removed")


def _matches_snippet(line: str, snippet: str) -> bool:
    # A snippet contains only the beginning of a long line.
    return line.strip()[:SNIPPET] == snippet.strip()


def _moved(finding: Finding, by: int, shift: int) -> Finding:
    if by == 0 and shift == 0:
        return finding
    update: dict[str, object] = {"range": _range(finding.range, by, shift)}
    if (edit := finding.suggested_edit) is not None:
        moved = {"range": _range(edit.range, by, 0)}
        update["suggested_edit"] = edit.model_copy(update=moved)
    return finding.model_copy(update=update)


def _range(place: Range, by: int, shift: int) -> Range:
    start, end = place.start, place.end
    end_shift = shift if end.line == start.line else 0
    return Range(start=_position(start, by, shift), end=_position(end, by, end_shift))


def _position(place: Position, by: int, shift: int) -> Position:
    return Position(line=place.line + by, column=max(place.column + shift, 1))


def _has_line(seen: Observation) -> bool:
    """Return whether an observation refers to a line; one about the whole file has no snippet."""
    return bool(seen.snippet or seen.identity)


def _stored(anchor: Anchor, version: str, indentation: int) -> FindingAnchor:
    fields = asdict(anchor)
    fields.update(kind=anchor.kind or "", body=tuple(sorted(anchor.body)))
    return FindingAnchor(version=version, indentation=indentation, **fields)


def _anchor(stored: FindingAnchor) -> Anchor:
    fields = stored.model_dump(exclude={"version", "indentation"})
    fields.update(
        kind=SymbolKind(stored.kind) if stored.kind else None, body=frozenset(stored.body)
    )
    return Anchor(**fields)


def _lines(text: bytes) -> list[str]:
    return text.decode("utf-8", "replace").split("\n")


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())
