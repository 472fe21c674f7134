"""Git's conflict markers: a merge was not finished."""

import re
from collections.abc import Iterator

from podium.syntax.values import Position, ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule, problem_of_line

_BEGIN = re.compile(r"<{7}( .*)?$")
_MIDDLE = re.compile(r"={7}$")
_END = re.compile(r">{7}( .*)?$")


def conflict_markers(case: Case) -> Iterator[SyntaxProblem]:
    """Find whole conflicts: the three marker lines in their order.

    A row of equal signs alone may be an underline, so only complete conflicts count, each once. A
    conflict that the base has is not new. Inside a string literal it may be meant, as in the tests
    of tools that read conflicts, and is a warning.
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
                yield _conflict(case, begun, number)
            begun, divided = None, False


def _conflict(case: Case, begin: int, end: int) -> SyntaxProblem:
    quoted = case.is_quoted(Position(begin, 1)) and case.is_quoted(Position(end, 1))
    return problem_of_line(
        case,
        ProblemCode.CONFLICT_MARKER,
        Severity.WARNING if quoted else Severity.ERROR,
        f"a merge conflict is left in the file, from line {begin} to line {end}",
        begin,
    )


RULES: tuple[Rule, ...] = (conflict_markers,)
