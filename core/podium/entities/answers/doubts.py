"""Questions to people about doubts, and the answers of people."""

from collections.abc import Iterable
from datetime import datetime

from podium.dialogue.excerpts import redact, show_hidden
from podium.entities.access import Reader
from podium.entities.questions import all_questions
from podium.entities.signing import is_answer_signed_here
from podium.model.doubts import Doubt, GivenAnswer, PersonAnswer
from podium.model.questions import Choice, Fact, Question, QuestionKind

CONFIRM, REJECT = "confirm", "reject"


def doubt_question(doubt: Doubt, about: str, why: str, now: datetime) -> Question:
    """Return the question that people see.

    Args:
        doubt: the doubt.
        about: the task that waits.
        why: what the agent that wrote the file said, if it was asked.
        now: the time.
    """
    facts = [Fact(name="text", text=redact(show_hidden(doubt.text)))] if doubt.text else []
    if why:
        facts.append(Fact(name="agent", text=redact(show_hidden(why))))
    return Question(
        id="",
        kind=QuestionKind.DOUBT,
        about=about,
        key=doubt.key,
        text=f"Is this intended? {redact(show_hidden(doubt.sentence))}",
        facts=tuple(facts),
        choices=(
            Choice(id=CONFIRM, label="Yes, it may land"),
            Choice(id=REJECT, label="No, fail the attempt"),
        ),
        asked_at=now,
    )


def doubt_questions(reader: Reader, about: str) -> list[Question]:
    """Return the questions about doubts in a task of a run, oldest first."""
    run_id = about.partition("/")[0]
    return [
        each
        for each in all_questions(reader, run_id)
        if each.kind == QuestionKind.DOUBT and each.about == about
    ]


def people_by_key(questions: Iterable[Question]) -> dict[str, GivenAnswer]:
    """Return the answers that people on this machine gave, by the key of the doubt."""
    return {each.key: _given(each) for each in questions if _counts(each)}


def _counts(question: Question) -> bool:
    return question.answer != "" and is_answer_signed_here(question)


def _given(question: Question) -> GivenAnswer:
    assert question.ended_by is not None, "a person answered"
    assert question.ended_at is not None, "it has ended"
    confirmed = question.answer == CONFIRM
    answer = PersonAnswer(by=question.ended_by, confirmed=confirmed)
    return GivenAnswer(answer=answer, at=question.ended_at)
