"""A Markdown code fence around the file: the reply's wrapping was saved with the text."""

import re
from collections.abc import Iterator

from podium.syntax.values import ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.rules.case import Case, Rule, problem_of_line

_OPENING = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*[\w+#.-]*[ \t]*$")
_CLOSING = re.compile(r"(`{3,}|~{3,})[ \t]*$")


def fences(case: Case) -> Iterator[SyntaxProblem]:
    """Find a fence in the first or the last line that is not empty.

    Only prose honestly begins or ends with such a line. Grammars do not help here: to JavaScript
    three backticks are template literals. A closing fence must stand at the margin, because the
    last block of a YAML file may be an indented piece of Markdown.
    """
    lines = case.new.lines
    first = next((at for at, line in enumerate(lines, 1) if line.strip()), 1)
    last = case.new.last_filled
    at_first = bool(_OPENING.match(lines[first - 1])) and not _begins_honestly(case)
    if at_first:
        yield _fence(case, first, "begins")
    at_last = bool(_CLOSING.match(lines[last - 1])) and not (at_first and first == last)
    if at_last and not (_ends_honestly(case) and not at_first):
        yield _fence(case, last, "ends")


def _begins_honestly(case: Case) -> bool:
    """Tell whether prose may begin with a fence: it did, or nobody knows."""
    if not case.language.is_prose:
        return False
    return case.base is None or any(map(_OPENING.match, case.base.filled_lines[:1]))


def _ends_honestly(case: Case) -> bool:
    """Tell whether prose may end with a fence: with a code block, unless one hangs on its end."""
    if not case.language.is_prose:
        return False
    return case.base is None or case.new.filled_lines[-2:-1] != case.base.filled_lines[-1:]


def _fence(case: Case, line: int, where: str) -> SyntaxProblem:
    message = f"the file {where} with a Markdown code fence"
    return problem_of_line(case, ProblemCode.FENCE, Severity.ERROR, message, line)


RULES: tuple[Rule, ...] = (fences,)
