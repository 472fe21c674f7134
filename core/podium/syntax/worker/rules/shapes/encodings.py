"""Letters that a wrong encoding destroyed, and files that are stored in another encoding."""

import re
from collections.abc import Iterator

from podium.syntax.decoding import UNKNOWN
from podium.syntax.values import ProblemCode, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule
from podium.syntax.worker.rules.shapes.changed import changed_spans, excerpt, is_comment, problem

_REPLACEMENT = "\ufffd"
_WRONG = re.compile(
    "[\u00c2-\u00f4\u0152\u0178\u0192][\u0080-\u00bf\u0152-\u0178\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
)
"""UTF-8 that was read as Latin-1 or as Windows-1252."""
_LETTERS = re.compile(r"[^\x00-\x7f]+")
_STRICT = frozenset(("python",))


def replacement_characters(case: Case) -> Iterator[SyntaxProblem]:
    """Find U+FFFD in changed lines of a file whose base has none."""
    mark = _REPLACEMENT.encode()
    if mark not in case.new.text or (case.base is not None and mark in case.base.text):
        return
    for start, end in changed_spans(case):
        at = case.new.text.find(mark, start, end)
        if at >= 0:
            number = case.new.line(at)
            line = case.new.lines[number - 1]
            quoted = case.reading.is_quoted(at) or is_comment(case, at)
            may_be_meant = quoted or case.language.is_prose
            # Where the base has only ASCII, no letter can have been lost.
            if may_be_meant and (case.base is None or case.base.text.isascii()):
                return
            message = f"U+FFFD stands for a letter that was lost: `{excerpt(case, number)}`"
            certain = _had_letters(case, line) or not may_be_meant
            yield problem(case, ProblemCode.LOST_CHARACTER, number, message, certain=certain)
            return


def wrong_letters(case: Case) -> Iterator[SyntaxProblem]:
    """Find lines of the base in which each letter became two, or a question mark."""
    if case.base is None or case.base.text.isascii():
        return
    for number in case.added_lines:
        line = case.new.lines[number - 1]
        if (_WRONG.search(line) and _was_read_wrongly(case, line)) or _is_masked(case, line):
            message = f"letters were lost in another encoding: `{excerpt(case, number)}`"
            yield problem(case, ProblemCode.LOST_CHARACTER, number, message)
            return


def changed_encoding(case: Case) -> Iterator[SyntaxProblem]:
    """Doubt a change of the encoding in which the file is stored."""
    before, after = case.encodings
    if case.base is None or before == after or (case.new.text.isascii() and not _is_wide(case)):
        return
    if before == UNKNOWN and case.language.name in _STRICT:
        return
    names = (before or "an unknown encoding", after or "an unknown encoding")
    message = f"the file is stored in another encoding: {names[1]} instead of {names[0]}"
    yield problem(case, ProblemCode.ENCODING_CHANGED, 1, message, certain=False)


def _is_wide(case: Case) -> bool:
    return any(name.startswith(("utf-16", "utf-32")) for name in case.encodings)


def _had_letters(case: Case, line: str) -> bool:
    """Return whether the base has the line with letters in place of U+FFFD."""
    if case.base is None:
        return False
    pattern = "[^\\x00-\\x7f]+".join(map(re.escape, re.split(f"{_REPLACEMENT}+", line.strip())))
    whole = re.compile(pattern)
    return any(map(whole.fullmatch, filter(_LETTERS.search, case.base.line_set)))


def _was_read_wrongly(case: Case, line: str) -> bool:
    for encoding in ("cp1252", "latin-1"):
        try:
            if case.is_in_base(line.encode(encoding).decode()):
                return True
        except UnicodeError:
            continue
    return False


def _is_masked(case: Case, line: str) -> bool:
    """Return whether a line is one of the base with question marks for its letters."""
    if "?" not in line or not line.isascii():
        return False
    bare = line.strip()
    for before in case.removed_lines:
        if before.isascii() or abs(len(before) - len(bare)) > len(bare):
            continue
        pattern = r"\?+".join(map(re.escape, _LETTERS.split(before)))
        if re.fullmatch(pattern, bare):
            return True
    return False


RULES: tuple[Rule, ...] = (changed_encoding, replacement_characters, wrong_letters)
