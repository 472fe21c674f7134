"""Files that lost nearly everything: emptied, reduced to a fraction, or replaced by other text."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import PurePosixPath

from podium.syntax.source import Source
from podium.syntax.values import ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.comment_lines import LineKind, line_kinds
from podium.syntax.worker.rules.case import Case, Rule, problem_of_line

_MIN_CERTAIN_LINES = 8
"""Minimum size of a file whose text cannot have gone on purpose."""
_MAY_BE_EMPTY = frozenset(("__init__.py", "__init__.pyi", "conftest.py", "mod.rs", "index.css"))
_MIN_LINES = 20
_FRACTION = 0.2
_MIN_UNRELATED_LINES = 6
_SHARED_LINES = 0.2
_SHARED_WORDS = 0.22
"""Below these shares of common lines and words, two texts have nothing to do with one another."""
_WORD = re.compile(r"[^\W\d]\w{2,}")
_PLAIN = re.compile(r"[\W_]+")
_COMMON = 4
"""Maximum number of characters of a line that occurs in many files."""


def whole_file(case: Case) -> Iterator[SyntaxProblem]:
    """Report a file that lost nearly everything, at most once."""
    if case.base is None or case.may_shrink or not case.lost_lines:
        return
    base = case.base.non_blank_lines
    if case.lost_lines * 2 < len(base):
        return
    before, now = (list(_code(case, each)) for each in (case.base, case.new))
    if not before:
        return
    if not now:
        yield _emptied(case, len(before))
    elif _is_unrelated(case, before, now):
        message = "almost nothing of the previous version is left; this is a different text"
        yield _problem(case, ProblemCode.UNRELATED, Severity.DOUBT, message)
    elif len(before) >= _MIN_LINES and len(now) <= _FRACTION * len(before):
        message = f"only {len(now)} of {len(before)} lines of code are left"
        yield _problem(case, ProblemCode.EMPTIED, Severity.DOUBT, message)


def _code(case: Case, source: Source) -> Iterator[str]:
    kinds = line_kinds(source.lines, case.language)
    for kind, line in zip(kinds, source.lines, strict=True):
        if kind in (LineKind.CODE, LineKind.FILLER):
            yield line.strip()


def _emptied(case: Case, before: int) -> SyntaxProblem:
    lines = "a line" if before == 1 else f"{before} lines"
    only = "contains only comments" if case.new.non_blank_lines else "is empty"
    may_be_empty = PurePosixPath(case.path).name in _MAY_BE_EMPTY
    is_certain = before >= _MIN_CERTAIN_LINES and not may_be_empty
    severity = Severity.ERROR if is_certain else Severity.DOUBT
    message = f"the file {only}; it had {lines} of code before"
    return _problem(case, ProblemCode.EMPTIED, severity, message)


def _is_unrelated(case: Case, before: list[str], now: list[str]) -> bool:
    """Return whether two versions share hardly any lines and hardly any names."""
    if len(before) < _MIN_UNRELATED_LINES:
        return False
    old_lines, new_lines = _telling(before), _telling(now)
    fewer = min(old_lines.total(), new_lines.total())
    if (old_lines & new_lines).total() >= max(_SHARED_LINES * fewer, 1):
        return False
    assert case.base is not None
    old_words, new_words = _words(case.base.lines), _words(case.new.lines)
    return len(old_words & new_words) < _SHARED_WORDS * len(old_words | new_words)


def _telling(lines: Iterable[str]) -> Counter[str]:
    """Count the lines that are more than a bracket or a keyword."""
    return Counter(plain for line in lines if len(plain := _plain(line)) > _COMMON)


def _plain(line: str) -> str:
    """Return a line without punctuation, which reformatting changes."""
    return _PLAIN.sub("", line)


def _words(lines: Iterable[str]) -> set[str]:
    return {word.lower() for line in lines for word in _WORD.findall(line)}


def _problem(case: Case, code: ProblemCode, severity: Severity, message: str) -> SyntaxProblem:
    first = next(islice((at for at, line in enumerate(case.new.lines, 1) if line.strip()), 1), 1)
    return problem_of_line(case, code, severity, message, first)


RULES: tuple[Rule, ...] = (whole_file,)
