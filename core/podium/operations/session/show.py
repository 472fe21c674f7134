"""session.show: show one session."""

from pydantic import Field

from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.session.views import SessionView, find_session, session_view


class ShowParams(Frozen):
    """Parameters of `session.show`."""

    session: str = Field(default="", description="id or unique prefix; by default the newest")


@operation("session.show", Effect.READ)
async def show(engine: Engine, params: ShowParams) -> SessionView:
    """Show a session with its context and its child sessions.

    Raises:
        SessionNotFound: no session has this id.
    """
    return session_view(engine.store, find_session(engine.store, params.session))
