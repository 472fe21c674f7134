"""question.answer: a person answers a question."""

from pydantic import Field

from podium.entities import questions
from podium.entities.questions import find_question
from podium.model.base import Frozen
from podium.model.questions import Question, QuestionKind
from podium.model.rules.budgets import FINISH, STOP
from podium.model.runs import RequestedState
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person
from podium.operations.run.intents import put_intent
from podium.store import Transaction


class AnswerParams(Frozen):
    """Parameters of `question.answer`."""

    question: str = Field(
        default="", description="id or unique prefix; by default the oldest open question"
    )
    choice: str = Field(min_length=1, description="one of the possible answers")


@operation("question.answer", Effect.WRITE)
async def answer(engine: Engine, params: AnswerParams) -> Question:
    """Answer a question, so that the task or run that it holds can continue.

    Raises:
        NotApproved: the requester is not a person.
        QuestionNotFound: no question has this id, or no question is open.
        ValidationError: the answer is not one of the choices.
        StateTransitionError: the question has ended; the first answer counts.
    """
    require_person(engine, "answer a question")
    asked = find_question(engine.store, params.question)
    now = engine.clock.now()
    engine.expect_runner()

    def answer_and_follow(tx: Transaction) -> Question:
        ended = questions.answer(tx, asked, params.choice, engine.actor, now)
        if (want := _requested(ended)) is not None:
            put_intent(tx, ended.run_id, want, engine.actor, now)
        return ended

    ended = engine.store.transact(answer_and_follow)
    engine.start_runner()
    return ended


def _requested(question: Question) -> RequestedState | None:
    """Return the state of the run that an answer requests, or None if it requests none."""
    if question.kind != QuestionKind.BUDGET or question.task_id:
        return None
    return {FINISH: RequestedState.PAUSE, STOP: RequestedState.CANCEL}.get(question.answer)
