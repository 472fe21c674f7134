"""session.update: change a session or add to its context."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from podium.entities.sessions import trim_session
from podium.model import layout
from podium.model.base import Frozen
from podium.model.events import Actor, Event, EventKind
from podium.model.sessions import Artifact, Context, DecisionMade, Message, Session
from podium.model.states import SESSION_MACHINE, SessionState
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.session.views import SessionView, find_session, session_view
from podium.store import Transaction

_ROLES: dict[str, Literal["person", "assistant", "system"]] = {
    "person": "person",
    "agent": "assistant",
    "runner": "system",
    "external": "system",
}
"""The role of a session message, by the kind of its author."""


class UpdateParams(Frozen):
    """Parameters of `session.update`."""

    session: str = Field(default="", description="id or unique prefix; by default the newest")
    title: str = Field(default="", max_length=200, description="new title")
    description: str | None = Field(default=None, description="new description")
    tag: tuple[str, ...] = Field(default=(), description="tags to add")
    untag: tuple[str, ...] = Field(default=(), description="tags to remove")
    state: SessionState | None = Field(default=None, description="new state")
    focus: str | None = Field(default=None, description="current subject of the work")
    message: str = Field(default="", description="a message to add")
    decision: str = Field(default="", description="a decision to record")
    reason: str = Field(default="", description="the reason for the decision")
    artifact: str = Field(default="", description="path or URL of an artifact to add")


@operation("session.update", Effect.WRITE)
async def update(engine: Engine, params: UpdateParams) -> SessionView:
    """Change a session: title, tags, state, focus; add messages, decisions, artifacts.

    Raises:
        StateTransitionError: the transition is not allowed; the message lists the legal ones.
        SessionNotFound: no session has this id.
    """
    now = engine.clock.now()

    def update_session(tx: Transaction) -> Session:
        old = find_session(tx, params.session)
        new = trim_session(tx, _changed(old, params, engine.actor, now))
        tx.put(layout.session(new.id), new)
        tx.record(
            Event(
                kind=EventKind.SESSION_CHANGED,
                subject=new.id,
                message=f"{old.state} → {new.state}" if old.state != new.state else new.title,
            )
        )
        return new

    return session_view(engine.store, engine.store.transact(update_session))


def _changed(session: Session, params: UpdateParams, by: Actor, now: datetime) -> Session:
    changes: dict[str, Any] = {"context": _context(session.context, params, by, now)}
    if params.title:
        changes["title"] = params.title
    if params.description is not None:
        changes["description"] = params.description
    if params.tag or params.untag:
        tags = dict.fromkeys((*session.tags, *params.tag))
        changes["tags"] = tuple(tag for tag in tags if tag not in params.untag)
    if params.state is not None and params.state is not session.state:
        changes["state"] = SESSION_MACHINE.check(session.id, session.state, params.state)
    return session.model_copy(update=changes)


def _context(context: Context, params: UpdateParams, by: Actor, now: datetime) -> Context:
    changes: dict[str, Any] = {}
    if params.focus is not None:
        changes["focus"] = params.focus
    if params.message:
        said = Message(role=_ROLES[by.kind], text=params.message, at=now)
        changes["messages"] = (*context.messages, said)
    if params.decision:
        taken = DecisionMade(text=params.decision, reason=params.reason, by=by, at=now)
        changes["decisions"] = (*context.decisions, taken)
    if params.artifact:
        made = Artifact(name=params.artifact.rsplit("/", 1)[-1], reference=params.artifact)
        changes["artifacts"] = (*context.artifacts, made)
    return context.model_copy(update=changes)
