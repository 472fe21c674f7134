"""Git's conflict markers: signs of an unfinished merge."""

import re
from collections.abc import Iterator

from podium.syntax.values import Position, ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule, problem_of_line

_BEGIN = re.compile(r"<{7}( .*)?$")
_MIDDLE = re.compile(r"={7}$")
_END = re.compile(r">{7}( .*)?$")


def conflict_markers(case: Case) -> Iterator[SyntaxProblem]:
    """Find complete conflicts: the three marker lines in order.

    A row of equal signs alone may be an underline, so only complete conflicts count, each once. A
    conflict in the base is not new. Inside a string literal it may be intended, as in tests of
    merge tools, and is a doubt; a code block of an existing document may show one.
    """
    if b"<<<<<<<" not in case.new.text:
        return
    begun: int | None = None
    divided = False
    for number, line in enumerate(case.new.lines, 1):
        if _BEGIN.match(line):
            begun, divided = number, False
        elif _MIDDLE.match(line):
            divided = begun is not None
        elif _END.match(line) and divided and begun is not None:
            if not case.is_in_base(case.new.lines[begun - 1]) or not case.is_in_base(line):
                yield from _conflict(case, begun, number)
            begun, divided = None, False


def _conflict(case: Case, begin: int, end: int) -> Iterator[SyntaxProblem]:
    quoted = case.is_quoted(Position(begin, 1)) and case.is_quoted(Position(end, 1))
    if quoted and case.base is None and case.language.is_prose:
        return
    yield problem_of_line(
        case,
        ProblemCode.CONFLICT_MARKER,
        Severity.DOUBT if quoted else Severity.ERROR,
        f"unresolved merge conflict from line {begin} to line {end}",
        begin,
    )


RULES: tuple[Rule, ...] = (conflict_markers,)
