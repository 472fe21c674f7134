"""Keeps sessions within their size limit."""

from podium.entities.access import Writer
from podium.model import layout
from podium.model.sessions import Session, split_context


def trim_session(writer: Writer, session: Session) -> Session:
    """Return a session within its size limit; move older messages to separate documents."""
    context, older = split_context(session.context)
    if older is None:
        return session
    number = len(writer.list(layout.all_older_messages(session.id))) + 1
    writer.put(layout.older_messages(session.id, number), older)
    return session.model_copy(update={"context": context})
