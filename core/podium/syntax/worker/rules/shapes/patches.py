"""Parts of a patch: headers, envelopes, markers and columns of signs."""

import re
from collections.abc import Iterator, Sequence

from podium.syntax.values import ProblemCode, SyntaxProblem
from podium.syntax.worker.hunks import Hunk
from podium.syntax.worker.rules.case import Case, Rule
from podium.syntax.worker.rules.shapes.changed import (
    MOST_PROBLEMS,
    excerpt,
    is_loose,
    is_text,
    lines_that_match,
    problem,
)

_HEADER = re.compile(
    rb"\n(?:@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@|@@ [^\n]{0,200}? ?@@[ \t]*\r?(?=\n|\Z)|diff --git \S"
    rb"|index [0-9a-f]{7,40}\.\.[0-9a-f]{7,40}|--- (?:a/|/dev/null)[^\n]*\r?\n\+\+\+ "
    rb"|\+\+\+ (?:b/\S|/dev/null)|\\ No newline at end of file"
    rb"|(?:new|deleted) file mode \d{6}|rename (?:from|to) \S+[ \t]*\r?(?=\n|\Z))"
)
_ENVELOPE = re.compile(
    rb"\n[ \t]*(?:\*{3} ?(?:Begin|End) (?:of )?(?:Patch|File)\b"
    rb"|\*{3} ?(?:Update|Add|Delete|Move)[ \w]{0,8}: ?\S"
    rb"|(?:<{3,}|>{3,}|-{3,}|={3,}|\+{3,}) ?[A-Z][A-Z_ ]{3,30}(?:[<>=+-]{3,})?[ \t]*\r?(?=\n|\Z))"
)
_HALF = re.compile(rb"\n(?:<{7}|={7}|>{7}|\|{7})(?: [^\n]*)?\r?(?=\n|\Z)")

_PATCHES = (".patch", ".diff", ".rej")
_LEAST_SIGNED = 2


def patch_headers(case: Case) -> Iterator[SyntaxProblem]:
    """Find headers of a diff and the envelopes of patches and of search-and-replace blocks."""
    if _is_patch(case):
        return
    found = 0
    for pattern in (_HEADER, _ENVELOPE):
        for number, _ in lines_that_match(case, pattern):
            if found == MOST_PROBLEMS or is_text(case, number):
                continue
            if case.base is None and case.language.is_prose:
                continue
            if _is_heading(case, number) or _HALF.match(
                b"\n" + case.new.lines[number - 1].encode()
            ):
                continue
            message = f"part of a diff is left in the file: `{excerpt(case, number)}`"
            yield problem(case, ProblemCode.REPLY_MARKUP, number, message)
            found += 1


def half_markers(case: Case) -> Iterator[SyntaxProblem]:
    """Find single lines of a merge conflict or of a search-and-replace block."""
    if not any(each in case.new.text for each in (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")):
        return
    whole: set[int] | None = None
    found = 0
    for number, _ in lines_that_match(case, _HALF):
        whole = _in_conflicts(case.new.lines) if whole is None else whole
        if number in whole or found == MOST_PROBLEMS or is_text(case, number):
            continue
        line = case.new.lines[number - 1].strip()
        is_divider = line[0] in "=|"
        if is_divider and (
            _is_heading(case, number) or (case.language.is_prose and case.base is None)
        ):
            continue
        if (
            is_divider
            and len(line) > len("=======")
            and not line.startswith(("======= ", "||||||| "))
        ):
            continue
        certain = not (is_divider and case.language.is_prose)
        message = f"a marker of a merge or of a replacement is left in the file: `{line[:60]}`"
        yield problem(case, ProblemCode.CONFLICT_MARKER, number, message, certain=certain)
        found += 1


def _is_patch(case: Case) -> bool:
    """Return whether the file is a patch, where all of this belongs."""
    return case.path.endswith(_PATCHES)


def _is_heading(case: Case, number: int) -> bool:
    """Return whether a line is part of a table or underlines a heading, as in reStructuredText."""
    if not case.language.is_prose or number < 2:
        return False
    above = case.new.lines[number - 2]
    is_row = set(case.new.lines[number - 1].strip()) <= {"="}
    return is_row and bool(above.strip()) and not (case.base is not None and case.is_in_base(above))


def _in_conflicts(lines: Sequence[str]) -> set[int]:
    """Return the numbers of the lines in complete conflicts, which another rule reports."""
    found: set[int] = set()
    begun, divided = 0, False
    for number, line in enumerate(lines, 1):
        mark = line[:7]
        if mark == "<" * 7:
            begun, divided = number, False
        elif mark == "=" * 7 and begun:
            divided = True
        elif mark == ">" * 7 and begun and divided:
            found.update(range(begun, number + 1))
            begun = 0
    return found


def diff_signs(case: Case) -> Iterator[SyntaxProblem]:
    """Find hunks whose lines begin with the signs of a diff in a column of their own."""
    if case.base is None or _is_patch(case):
        return
    known = frozenset(case.base.lines)
    for hunk in case.hunks:
        number = _signed_line(case, hunk, known)
        if number and not is_text(case, number):
            message = f"signs of a diff are left in front of the text: `{excerpt(case, number)}`"
            yield problem(case, ProblemCode.REPLY_MARKUP, number, message)
            return


def _signed_line(case: Case, hunk: Hunk, known: frozenset[str]) -> int:
    """Return the first line of a hunk with a sign, if the signs form a column; otherwise 0."""
    lines = range(hunk.new_from, hunk.new_to)
    texts = case.new.lines
    plus = [at for at in lines if texts[at][:1] == "+"]
    minus = [at for at in lines if texts[at][:1] == "-"]
    if not plus and not minus:
        return 0
    removed = [at for at in minus if len(texts[at].strip()) > 3 and texts[at][1:] in known]
    kept = [at for at in plus if len(texts[at].strip()) > 3 and texts[at][1:] in known]
    if (removed and plus) or (len(removed) >= _LEAST_SIGNED and _is_no_list(case, removed)):
        return min((*plus, *minus)) + 1
    if len(kept) >= _LEAST_SIGNED and len(kept) >= len(plus) / 2:
        return plus[0] + 1
    is_column = len(plus) >= _LEAST_SIGNED and all(
        texts[at][:1] == "+" or not texts[at].strip() for at in lines
    )
    if is_column and not case.language.is_prose and not any(line[:1] == "+" for line in known):
        return plus[0] + 1
    return 0


def _is_no_list(case: Case, lines: Sequence[int]) -> bool:
    """Return whether minus signs do not begin the items of a list, nor comments."""
    if not is_loose(case) and case.language.name:
        return True
    return any(case.new.lines[at][1:2].strip(" -") for at in lines)


RULES: tuple[Rule, ...] = (diff_signs, half_markers, patch_headers)
