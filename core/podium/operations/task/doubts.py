"""Answers to the doubts about the changes of a claimed task."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from podium.dialogue.replies.doubt_replies import doubts_at
from podium.errors import EvidenceMissing, ValidationError
from podium.model.doubts import (
    AnsweredDoubt,
    Doubt,
    DoubtAnswer,
    GivenAnswer,
    PersonAnswer,
    WriterAnswer,
)
from podium.model.doubts.settling import answers_by_key
from podium.model.events import Actor
from podium.model.progress import TaskProgress
from podium.words import counted

_MOST_LISTED = 20
_REASON_CHARACTERS = 1000


def known_answers(progress: TaskProgress) -> dict[str, GivenAnswer]:
    """Return the answers that were given earlier, by the key of the doubt."""
    return dict(answers_by_key(progress.doubts))


def confirmed_doubts(
    doubts: Sequence[Doubt], given: Mapping[str, str], by: Actor, now: datetime
) -> tuple[AnsweredDoubt, ...]:
    """Return the answers of the person or agent that worked on a task.

    Args:
        doubts: the open doubts.
        given: what replaces the text, by place.
        by: who answers.
        now: the time.

    Raises:
        ValidationError: a place is not in doubt, has no reason, or must be completed by an agent.
    """
    found: dict[str, AnsweredDoubt] = {}
    for place, reason in given.items():
        about = doubts_at(place, doubts)
        if not about:
            raise ValidationError(
                f"There is no open doubt at {place}",
                why="the open doubts are: " + ", ".join(doubt.place for doubt in doubts),
            )
        for doubt in about:
            answer = _answer(doubt, reason.strip()[:_REASON_CHARACTERS], by)
            found[doubt.key] = AnsweredDoubt(doubt=doubt, answer=answer, at=now)
    return tuple(found.values())


def unanswered(name: str, doubts: Sequence[Doubt]) -> EvidenceMissing:
    """Return the error that lists the open doubts and says how to answer them.

    Args:
        name: the task.
        doubts: the open doubts.
    """
    listed = [f"{each.sentence}{_note(each)}" for each in doubts[:_MOST_LISTED]]
    hidden = len(doubts) - len(listed)
    more = [f"{counted(hidden, 'doubt')} more"] if hidden else []
    free = next((each for each in doubts if not each.must_complete), None)
    how = f'podium done {name} --confirm "{free.place}=what replaces it"' if free else ""
    return EvidenceMissing(
        f"Task {name} is not done: {counted(len(doubts), 'doubt')} to answer",
        why="; ".join([*listed, *more]),
        hints=[
            "complete the files, or confirm what is intended and say what replaces it; then "
            "complete the task again",
            *([how] if how else []),
        ],
    )


def _note(doubt: Doubt) -> str:
    return " (must be completed; only a person can confirm it)" if doubt.must_complete else ""


def _answer(doubt: Doubt, reason: str, by: Actor) -> DoubtAnswer:
    if not reason:
        raise ValidationError(
            f"The doubt at {doubt.place} needs a reason", hints=["say what replaces the text"]
        )
    if by.kind == "person":
        return PersonAnswer(by=by, confirmed=True, reason=reason)
    if doubt.must_complete:
        raise ValidationError(
            f"The doubt at {doubt.place} cannot be confirmed by the agent that wrote it",
            why=doubt.message,
            hints=["complete the file, or ask a person to complete the task"],
        )
    return WriterAnswer(agent=by.called, reason=reason)
