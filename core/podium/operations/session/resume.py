"""session.resume: resume a session."""

from pydantic import Field

from podium.model import layout
from podium.model.base import Frozen
from podium.model.events import Event, EventKind
from podium.model.sessions import Session
from podium.model.states import SESSION_MACHINE, SessionState
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.session.views import SessionView, find_session, session_view
from podium.projects.housekeeping import sessions_over_limit, suspend
from podium.store import Transaction


class ResumeParams(Frozen):
    """Parameters of `session.resume`."""

    session: str = Field(default="", description="id or unique prefix; by default the newest")


@operation("session.resume", Effect.WRITE)
async def resume(engine: Engine, params: ResumeParams) -> SessionView:
    """Resume a session: it becomes active, and its history records the visit.

    If too many sessions are active, the least recently used ones are suspended and can be resumed.

    Raises:
        StateTransitionError: the session is completed.
        SessionNotFound: no session has this id.
    """

    now = engine.clock.now()
    resting = sessions_over_limit(engine.store, engine.config.config, now, coming=1)

    def resume_session(tx: Transaction) -> Session:
        session = find_session(tx, params.session)
        if session.state is not SessionState.ACTIVE:
            suspend(tx, resting)
            SESSION_MACHINE.check(session.id, session.state, SessionState.ACTIVE)
            session = session.model_copy(update={"state": SessionState.ACTIVE})
            tx.put(layout.session(session.id), session)
        tx.record(Event(kind=EventKind.SESSION_ENTERED, subject=session.id, message=session.title))
        return session

    return session_view(engine.store, engine.store.transact(resume_session))
