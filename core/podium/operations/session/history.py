"""session.history: show visits to sessions, and changes to them."""

from datetime import datetime

from pydantic import Field

from podium.model.base import Frozen
from podium.model.events import Actor, EventKind
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.session.views import find_session

_VISITS = {EventKind.SESSION_ENTERED, EventKind.SESSION_CREATED, EventKind.SESSION_CHANGED}


class HistoryParams(Frozen):
    """Parameters of `session.history`."""

    session: str = Field(default="", description="only this session; by default all")
    limit: int = Field(default=50, ge=1, le=10_000, description="maximum number of results")


class Visit(Frozen):
    """A visit to a session, or a change to it."""

    at: datetime
    session_id: str
    what: str
    message: str
    by: Actor


class SessionHistory(Frozen):
    """Visits and changes, oldest first."""

    visits: tuple[Visit, ...]


@operation("session.history", Effect.READ)
async def history(engine: Engine, params: HistoryParams) -> SessionHistory:
    """Show when sessions were created, entered and changed, and by whom.

    Raises:
        SessionNotFound: no session has this id.
    """
    subject = find_session(engine.store, params.session).id if params.session else None
    rows = [
        Visit(
            at=row.at,
            session_id=row.event.subject,
            what=row.event.kind.removeprefix("session."),
            message=row.event.message,
            by=row.actor,
        )
        for row in engine.store.history(subject, limit=100_000)
        if row.event.kind in _VISITS
    ]
    return SessionHistory(visits=tuple(rows[-params.limit :]))
