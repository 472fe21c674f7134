"""question.answer: a person answers a question."""

from pydantic import Field

from podium.entities import questions
from podium.entities.questions import find_question
from podium.model.base import Frozen
from podium.model.questions import Question
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person


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
    ended = engine.store.transact(
        lambda tx: questions.answer(tx, asked, params.choice, engine.actor, now)
    )
    engine.start_runner()
    return ended
