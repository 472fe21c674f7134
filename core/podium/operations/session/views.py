"""Finds sessions and prepares them for display."""

from podium.entities.access import Reader
from podium.entities.references import check_not_orphaned
from podium.errors import SessionCorrupted, SessionNotFound
from podium.model import layout
from podium.model.base import Frozen
from podium.model.ids import Kind, resolve
from podium.model.sessions import Message, Session, Thought, unpacked
from podium.model.states import SessionState


class SessionRow(Frozen):
    """A session in a list."""

    id: str
    type: str
    state: SessionState
    title: str
    tags: tuple[str, ...]
    parent_id: str
    plan_id: str
    task_id: str
    messages: int
    created_at: str


class SessionView(Frozen):
    """A session with its child sessions."""

    session: Session
    children: tuple[SessionRow, ...]
    thoughts: int


def all_sessions(reader: Reader) -> list[Session]:
    """Return all sessions, newest first."""
    rows = reader.list(layout.sessions()).values()
    return sorted(rows, key=lambda each: (each.created_at, each.id), reverse=True)


def find_session(reader: Reader, id_or_prefix: str) -> Session:
    """Return the session with this id or unique prefix; by default the newest.

    Raises:
        SessionNotFound: no session matches.
        DocumentMissing: the session's file was deleted.
        AmbiguousId: several match.
    """
    sessions = {each.id: each for each in all_sessions(reader)}
    if not any(id_or_prefix in each for each in sessions):
        check_not_orphaned(reader, layout.all_thoughts(), "session.json", id_or_prefix)
    if not sessions:
        raise SessionNotFound("There are no sessions yet", hints=['podium new-session "title"'])
    return sessions[
        resolve(Kind.SESSION, id_or_prefix, sessions) if id_or_prefix else next(iter(sessions))
    ]


def load_thoughts(reader: Reader, session_id: str) -> tuple[Thought, ...]:
    """Return a session's thoughts in order."""
    return tuple(reader.list(layout.thoughts(session_id)).values())


def load_older_messages(reader: Reader, session: Session) -> tuple[Message, ...]:
    """Return the messages that were moved out of a session into documents, oldest first.

    Raises:
        SessionCorrupted: they are damaged.
    """
    try:
        found = reader.list(layout.all_older_messages(session.id)).values()
        return tuple(message for older in found for message in unpacked(older))
    except ValueError as error:
        raise SessionCorrupted(
            f"Older messages of {session.id} are unreadable",
            why=str(error),
            hints=[f"podium restore … --below sessions/{session.id}/", "podium snapshots"],
        ) from error


def session_row(session: Session) -> SessionRow:
    """Return a session as a row of a list."""
    return SessionRow(
        id=session.id,
        type=session.type,
        state=session.state,
        title=session.title,
        tags=session.tags,
        parent_id=session.parent_id,
        plan_id=session.plan_id,
        task_id=session.task_id,
        messages=len(session.context.messages),
        created_at=session.created_at.isoformat(timespec="seconds"),
    )


def session_view(reader: Reader, session: Session) -> SessionView:
    """Return a session with its child sessions."""
    return SessionView(
        session=session,
        children=tuple(session_row(s) for s in all_sessions(reader) if s.parent_id == session.id),
        thoughts=len(load_thoughts(reader, session.id)),
    )
