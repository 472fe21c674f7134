"""Applies suggested edits, and checks that an edit still fits and does not break the file.

Works on file contents only; callers read and write the files.
"""

import difflib
from collections.abc import Iterator

from podium.errors import ValidationError, WriteConflict
from podium.findings.text_ranges import offset_of, text_in
from podium.model.findings import SNIPPET, Finding, Position, Range, SuggestedEdit
from podium.syntax import SyntaxChecker

_BYTE_ORDER_MARK = "\ufeff"


def apply_suggestion(text: bytes, finding: Finding) -> bytes:
    """Apply a finding's suggested edit, even if its code has moved within the file.

    Raises:
        ValidationError: there is no suggested edit, or the file is not UTF-8.
        WriteConflict: the text to replace no longer exists, or appears more than once.
    """
    edit = finding.suggested_edit
    if edit is None:
        raise ValidationError(
            f"Finding {finding.id} has no suggested edit",
            hints=[f"podium fix {finding.id} --consultant has an agent fix it"],
        )
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        why = f"byte {error.start + 1} is not UTF-8"
        raise ValidationError(f"{finding.path} cannot be edited", why=why) from error
    mark = _BYTE_ORDER_MARK if decoded.startswith(_BYTE_ORDER_MARK) else ""
    ending = "\r\n" if "\r\n" in decoded else "\n"
    # Positions do not count byte order marks or carriage returns.
    plain = decoded.removeprefix(mark).replace("\r\n", "\n")
    if ending == "\r\n" and decoded.count("\r\n") != decoded.count("\n"):
        raise ValidationError(f"{finding.path} cannot be edited", why="it has mixed line endings")
    place = _place(plain, finding, edit)
    start, end = offset_of(plain, place.start), offset_of(plain, place.end)
    changed = plain[:start] + edit.text.replace("\r\n", "\n") + plain[end:]
    return (mark + changed.replace("\n", ending)).encode("utf-8")


async def check_no_worse(checker: SyntaxChecker, path: str, before: bytes, after: bytes) -> None:
    """Check that a change does not introduce syntax errors.

    Raises:
        ValidationError: the change introduces an error.
    """
    report = await checker.check(path, after, before)
    if report.errors:
        first = report.errors[0]
        raise ValidationError(
            f"The edit would break {path}",
            why=f"line {first.start.line}: {first.message}",
            hints=["nothing was changed"],
        )


def diff_text(path: str, before: bytes, after: bytes) -> str:
    """Return a change as a unified diff."""
    old = before.decode("utf-8", "replace").splitlines(keepends=True)
    new = after.decode("utf-8", "replace").splitlines(keepends=True)
    lines = difflib.unified_diff(old, new, f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _place(text: str, finding: Finding, edit: SuggestedEdit) -> Range:
    """Return the current range of the edit: the original one, or the only other match."""
    lines = text.split("\n")
    if _fits(text, lines, finding, edit, 0):
        return edit.range
    moved = [by for by in _shifts(lines, finding) if _fits(text, lines, finding, edit, by)]
    if len(moved) != 1:
        raise WriteConflict(
            f"The code that finding {finding.id} refers to has changed",
            why="it no longer exists" if not moved else f"it appears {len(moved)} times",
            hints=[f"podium audit {finding.path}", f"podium fix {finding.id} --consultant"],
        )
    return _shifted(edit.range, moved[0])


def _fits(text: str, lines: list[str], finding: Finding, edit: SuggestedEdit, by: int) -> bool:
    line = finding.range.start.line + by
    if not 1 <= line <= len(lines) or edit.range.start.line + by < 1:
        return False
    has_same_text = lines[line - 1].strip()[:SNIPPET] == finding.snippet
    if finding.snippet and not has_same_text:
        return False
    return edit.replaces is None or text_in(text, _shifted(edit.range, by)) == edit.replaces


def _shifts(lines: list[str], finding: Finding) -> Iterator[int]:
    if not finding.snippet:
        return
    for number, line in enumerate(lines, 1):
        if number != finding.range.start.line and line.strip()[:SNIPPET] == finding.snippet:
            yield number - finding.range.start.line


def _shifted(place: Range, by: int) -> Range:
    return Range(
        start=Position(line=place.start.line + by, column=place.start.column),
        end=Position(line=place.end.line + by, column=place.end.column),
    )
