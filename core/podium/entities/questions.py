"""Typed access to questions: ask, answer, and find what is held."""

from datetime import datetime

from podium.entities.access import Reader
from podium.entities.signing import sign_answer
from podium.errors import QuestionNotFound, StateTransitionError, ValidationError
from podium.model import layout
from podium.model.events import Actor, Event, EventKind
from podium.model.ids import Kind, new_id, resolve
from podium.model.questions import Question
from podium.store import Transaction


def all_questions(reader: Reader, run_id: str = "") -> list[Question]:
    """Return all questions, or those of one run, oldest first."""
    rows = [q for q in reader.list(layout.questions()).values() if run_id in ("", q.run_id)]
    return sorted(rows, key=lambda question: (question.asked_at, question.id))


def find_question(reader: Reader, id_or_prefix: str) -> Question:
    """Return the question with an id or id prefix; the oldest open one if `id_or_prefix` is empty.

    Raises:
        QuestionNotFound: there is no such question.
        AmbiguousId: several questions match.
    """
    rows = {each.id: each for each in all_questions(reader)}
    if id_or_prefix:
        return rows[resolve(Kind.QUESTION, id_or_prefix, list(rows))]
    found = next((each for each in rows.values() if each.is_open), None)
    if found is None:
        raise QuestionNotFound("No question is open", hints=["podium status shows the run"])
    return found


def ask(tx: Transaction, question: Question) -> Question:
    """Store a question, unless an open one with the same subject, kind and key exists.

    Args:
        tx: the transaction.
        question: the question; this function chooses its id.
    """
    known = all_questions(tx)
    for each in known:
        same = (each.about, each.kind, each.key) == (question.about, question.kind, question.key)
        if same and each.is_open:
            return each
    chosen = new_id(Kind.QUESTION, [each.id for each in known])
    asked = question.model_copy(update={"id": chosen})
    tx.put(layout.question(asked.id), asked)
    tx.record(_event(EventKind.QUESTION_ASKED, asked, asked.text))
    return asked


def answer(tx: Transaction, question: Question, choice: str, by: Actor, now: datetime) -> Question:
    """Store a person's answer; the first answer counts.

    Raises:
        ValidationError: the question has no such choice.
        StateTransitionError: the question has ended.
    """
    current = tx.get(layout.question(question.id)) or question
    if not current.is_open:
        answered = f"it was answered with {current.answer}"
        raise StateTransitionError(
            f"Question {current.id} is no longer open",
            why=answered if current.answer else "it ended without an answer",
            hints=["podium questions"],
        )
    if current.is_permission and current.seconds_left(now) <= 0:
        raise StateTransitionError(
            f"Question {current.id} is no longer open",
            why="its time is over, and no answer meant no",
            hints=["podium questions"],
        )
    if choice not in {each.id for each in current.choices}:
        offered = ", ".join(each.id for each in current.choices) or "none"
        raise ValidationError(
            f"{choice!r} is not a possible answer to question {current.id}",
            why=f"the possible answers are: {offered}",
            hints=[f"podium answer {current.id} {each.id}" for each in current.choices],
        )
    ended = sign_answer(
        current.model_copy(update={"answer": choice, "ended_at": now, "ended_by": by})
    )
    return _end(tx, ended, f"{choice}, by {by.called}")


def end_without_answer(tx: Transaction, question: Question, now: datetime) -> Question:
    """End a question that timed out or whose cause is gone; an answered question is not changed."""
    current = tx.get(layout.question(question.id)) or question
    if not current.is_open:
        return current
    return _end(tx, current.model_copy(update={"ended_at": now}), "an answer is no longer needed")


def _end(tx: Transaction, ended: Question, message: str) -> Question:
    tx.put(layout.question(ended.id), ended)
    tx.record(_event(EventKind.QUESTION_ENDED, ended, message))
    return ended


def _event(kind: EventKind, question: Question, message: str) -> Event:
    """Return an event about the run or task that the question holds."""
    data = {"question": question.id, "kind": question.kind}
    return Event(kind=kind, subject=question.about, message=message, data=data)
