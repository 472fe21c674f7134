"""question.revoke: a person revokes a permission that was given for a whole task."""

from functools import partial

from pydantic import Field

from podium.entities.answers import permissions
from podium.model.base import Frozen
from podium.model.questions import Question
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person


class RevokeParams(Frozen):
    """Parameters of `question.revoke`."""

    question: str = Field(description="id or unique prefix of a question answered for a whole task")


@operation("question.revoke", Effect.WRITE)
async def revoke(engine: Engine, params: RevokeParams) -> Question:
    """Revoke a permission for the rest of a task, so that the next such action is asked about.

    Actions that have begun are not stopped.

    Raises:
        NotApproved: the requester is not a person.
        QuestionNotFound: no question has this id.
        StateTransitionError: it gives no permission that is still in force.
    """
    require_person(engine, "revoke a permission")
    now = engine.clock.now()
    change = partial(permissions.revoke, id_or_prefix=params.question, by=engine.actor, now=now)
    return engine.store.transact(change)
