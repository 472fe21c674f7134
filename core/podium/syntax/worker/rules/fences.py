"""A Markdown code fence around the file: the reply's fence was saved with the code."""

import re
from collections.abc import Iterator

from podium.syntax.values import ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule, problem_of_line

_OPENING = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*[\w+#.-]*[ \t]*$")
_CLOSING = re.compile(r"(`{3,}|~{3,})[ \t]*$")


def fences(case: Case) -> Iterator[SyntaxProblem]:
    """Find a fence in the first or last non-empty line.

    Only prose may legitimately begin or end with such a line. Grammars do not help here: in
    JavaScript, three backticks are template literals. A closing fence must not be indented, because
    the last block of a YAML file may be indented Markdown.
    """
    lines = case.new.lines
    first = next((at for at, line in enumerate(lines, 1) if line.strip()), 1)
    last = case.new.last_non_blank
    at_first = bool(_OPENING.match(lines[first - 1])) and not _may_begin_with_fence(case)
    if at_first:
        yield _fence(case, first, "begins")
    at_last = bool(_CLOSING.match(lines[last - 1])) and not (at_first and first == last)
    if at_last and not (_may_end_with_fence(case) and not at_first):
        yield _fence(case, last, "ends")


def _may_begin_with_fence(case: Case) -> bool:
    """Return whether prose may begin with a fence: the base does, or there is no base."""
    if not case.language.is_prose:
        return False
    return case.base is None or any(map(_OPENING.match, case.base.non_blank_lines[:1]))


def _may_end_with_fence(case: Case) -> bool:
    """Return whether prose may end with a fence: one that closes a code block, not a stray one."""
    return case.language.is_prose and (case.base is None or not case.reading.problems)


def _fence(case: Case, line: int, where: str) -> SyntaxProblem:
    message = f"the file {where} with a Markdown code fence"
    return problem_of_line(case, ProblemCode.FENCE, Severity.ERROR, message, line)


RULES: tuple[Rule, ...] = (fences,)
