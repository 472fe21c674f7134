"""Code that became a stub or a comment."""

from collections.abc import Iterator

from podium.syntax.values import ProblemCode, Severity, SyntaxProblem
from podium.syntax.worker.rules.bodies import bodies
from podium.syntax.worker.rules.case import Case, Rule
from podium.syntax.worker.rules.placeholders import placeholders


def lost_code(case: Case) -> Iterator[SyntaxProblem]:
    """Find emptied bodies and placeholders; each place is reported once."""
    hollow = list(bodies(case))
    emptied = [
        (each.first, each.last) for each in hollow if each.problem.code is ProblemCode.HOLLOWED
    ]
    found = list(placeholders(case, emptied))
    certain = [each.start.line for each in found if each.severity is Severity.ERROR]
    yield from found
    for each in hollow:
        is_known = any(each.first <= line <= each.last for line in certain)
        if not is_known or each.problem.severity is Severity.ERROR:
            yield each.problem


RULES: tuple[Rule, ...] = (lost_code,)
