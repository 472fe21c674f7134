"""session.show: one session."""

from pydantic import Field

from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.session.views import SessionView, find_session, session_view


class ShowParams(Frozen):
    """What is asked."""

    session: str = Field(default="", description="id or unique prefix; the newest if left out")


@operation("session.show", Effect.READ)
async def show(engine: Engine, params: ShowParams) -> SessionView:
    """Show a session with its context and its children.

    Raises:
        SessionNotFound: nothing answers to the id.
    """
    return session_view(engine.store, find_session(engine.store, params.session))
