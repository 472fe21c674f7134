"""Turns the doubts of syntax reports into values that are answered, and finds known answers."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from podium.gates.gate import ChangedTree
from podium.gates.task_intent import sentence_about
from podium.model.doubts import AnsweredDoubt, Doubt, TaskAnswer
from podium.model.doubts.settling import confirmed
from podium.model.plans import Task
from podium.syntax.values import ProblemCode, SyntaxProblem, SyntaxReport, traits_of

_ABOUT_MISSING_TEXT = frozenset({ProblemCode.DEFINITION_LOST})
"""Doubts about text that is not in the file any more; the line only says where to look."""
_TEXT_CHARACTERS = 500


def doubts_of(
    report: SyntaxReport, content: bytes, ignored: frozenset[ProblemCode] = frozenset()
) -> tuple[Doubt, ...]:
    """Return the doubts of a report.

    Args:
        report: the report on one file.
        content: the file.
        ignored: codes that count as errors instead.
    """
    lines = content.decode("utf-8", "replace").split("\n") if report.doubts else []
    return tuple(
        Doubt(
            code=each.code,
            path=report.path,
            line=each.start.line,
            message=each.message,
            text=_text(each, lines),
            must_complete=traits_of(each.code).must_complete,
        )
        for each in report.doubts
        if each.code not in ignored
    )


def settle(
    doubts: Sequence[Doubt], tree: ChangedTree, task: Task
) -> tuple[tuple[Doubt, ...], tuple[AnsweredDoubt, ...]]:
    """Return the open doubts, and those that the task's words or a known answer settle."""
    by_task = _answered_by_task(doubts, task, tree.checked_at)
    done = {each.doubt.key for each in by_task}
    left = [each for each in doubts if each.key not in done]
    known = confirmed(left, tree.answers)
    done |= {each.doubt.key for each in known}
    return tuple(each for each in left if each.key not in done), (*by_task, *known)


def _answered_by_task(
    doubts: Iterable[Doubt], task: Task, at: datetime
) -> tuple[AnsweredDoubt, ...]:
    return tuple(
        AnsweredDoubt(doubt=each, answer=TaskAnswer(sentence=sentence), at=at)
        for each in doubts
        if (sentence := sentence_about(task, each))
    )


def _text(problem: SyntaxProblem, lines: Sequence[str]) -> str:
    """Return the lines in question, without their indentation."""
    if problem.code in _ABOUT_MISSING_TEXT:
        return ""
    first, last = problem.start.line, max(problem.start.line, problem.end.line)
    return "\n".join(line.strip() for line in lines[first - 1 : last])[:_TEXT_CHARACTERS]
