"""Matches the questions of a call with the stored ones, which people answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from podium.model.agents import NO_ANSWER, ActionAnswer, ActionQuestion
from podium.model.questions import ALLOW_ONCE, ALLOW_TASK, Question


@dataclass(frozen=True)
class Matched:
    """What is due.

    Args:
        store: questions of the call that are to be stored, so that people see them.
        end: stored questions for which the call no longer waits.
        answers: answers for the call, by the id of its question.
    """

    store: tuple[ActionQuestion, ...] = ()
    end: tuple[Question, ...] = ()
    answers: tuple[tuple[str, ActionAnswer], ...] = ()


def match_questions(
    call: str,
    asked: Sequence[ActionQuestion],
    stored: Sequence[Question],
    genuine: Collection[str],
) -> Matched:
    """Return what is due for one call.

    Args:
        call: the call's key.
        asked: the questions for which the call waits.
        stored: the stored questions about the call's task.
        genuine: the ids of those whose answer was given on this machine.
    """
    own = {each.key: each for each in stored if each.key.startswith(f"{call}/")}
    remembered = {each.action: each for each in stored if each.is_remembered and each.id in genuine}
    new: list[ActionQuestion] = []
    answers: list[tuple[str, ActionAnswer]] = []
    for each in asked:
        known = own.get(question_key(call, each))
        if known is not None and not known.is_open:
            answers.append((each.id, _answer(known, is_genuine=known.id in genuine)))
        elif known is None and (earlier := remembered.get(each.kind)) is not None:
            answers.append((each.id, _remembered(earlier)))
        elif known is None:
            new.append(each)
    waiting = {question_key(call, each) for each in asked}
    ended = (each for key, each in own.items() if each.is_open and key not in waiting)
    return Matched(tuple(new), tuple(ended), tuple(answers))


def question_key(call: str, question: ActionQuestion) -> str:
    """Return the key of the stored question, which belongs to one question of one process."""
    return f"{call}/{question.id}"


def _answer(question: Question, *, is_genuine: bool) -> ActionAnswer:
    if not question.answer:
        return NO_ANSWER
    if not is_genuine:
        return ActionAnswer(allowed=False, reason="the answer was not given on this machine")
    by = question.ended_by.called if question.ended_by else "a person"
    if question.answer in (ALLOW_ONCE, ALLOW_TASK):
        return ActionAnswer(allowed=True, reason=f"allowed by {by}")
    return ActionAnswer(allowed=False, reason=f"denied by {by}")


def _remembered(question: Question) -> ActionAnswer:
    by = question.ended_by.called if question.ended_by else "a person"
    return ActionAnswer(allowed=True, reason=f"allowed by {by} for the whole task")
