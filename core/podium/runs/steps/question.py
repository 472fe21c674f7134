"""The wait step: a question about the task, which is held until it ends."""

from datetime import timedelta

from podium.entities.questions import all_questions, ask
from podium.entities.signing import is_answer_signed_here
from podium.model.plans import Task
from podium.model.questions import Choice, Question, QuestionKind
from podium.model.rules.steps import WaitStep
from podium.model.runs import TaskRun, WaitResult
from podium.runs.context import RunContext
from podium.runs.transitions import with_result

YES, NO = "yes", "no"


async def wait_for_answer(
    context: RunContext, task: Task, record: TaskRun, step: WaitStep
) -> TaskRun:
    """Ask unless already asked; return the record unchanged while the question is open."""
    about, key = f"{context.run.id}/{task.id}", f"{record.attempt.number}/{record.attempt.at}"
    asked = [
        each
        for each in all_questions(context.store, context.run.id)
        if (each.about, each.key) == (about, key)
    ]
    if not asked:
        question = _question(context, about, key, step)
        context.store.transact(lambda tx: ask(tx, question))
        return record
    if asked[-1].is_open:
        return record
    return with_result(record, _result(record.attempt.at, asked[-1]))


def _question(context: RunContext, about: str, key: str, step: WaitStep) -> Question:
    now = context.clock.now()
    return Question(
        id="",
        kind=QuestionKind.APPROVAL,
        about=about,
        key=key,
        text=step.text,
        choices=(Choice(id=YES, label="Continue"), Choice(id=NO, label="Fail the attempt")),
        asked_at=now,
        until=None if step.seconds is None else now + timedelta(seconds=step.seconds),
    )


def _result(path: str, question: Question) -> WaitResult:
    """Return the result: passed if a person on this machine answered yes, or if it timed out."""
    is_refused = question.answer == NO or (
        question.answer != "" and not is_answer_signed_here(question)
    )
    return WaitResult(
        path=path,
        passed=not is_refused,
        question=question.id,
        answer=question.answer,
        problem=f"the answer to {question.text!r} was {question.answer}" if is_refused else "",
    )
