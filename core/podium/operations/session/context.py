"""session.context: show the context of a session and its size."""

from pydantic import Field

from podium.model import layout
from podium.model.base import Frozen
from podium.model.sessions import Context
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.session.views import (
    find_session,
    load_older_messages,
    load_thoughts,
)

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for English and code; only a rough estimate."""


class ContextParams(Frozen):
    """Parameters of `session.context`."""

    session: str = Field(default="", description="id or unique prefix; by default the newest")
    debug: bool = Field(default=False, description="also show sizes and states")
    older: bool = Field(default=False, description="also show the messages that were moved out")


class ContextSizes(Frozen):
    """The sizes of a context's parts."""

    messages: int
    older_messages: int
    """Number of messages that were moved out and compressed."""
    decisions: int
    artifacts: int
    thoughts: int
    characters: int
    tokens_about: int
    stored_at: str


class ContextView(Frozen):
    """A session's context."""

    session_id: str
    title: str
    context: Context
    sizes: ContextSizes | None


@operation("session.context", Effect.READ)
async def context(engine: Engine, params: ContextParams) -> ContextView:
    """Show the context of a session: focus, messages, decisions, artifacts.

    Raises:
        SessionNotFound: no session has this id.
        SessionCorrupted: messages that were moved out are damaged.
    """
    with engine.store.consistent_read():
        session = find_session(engine.store, params.session)
        older = load_older_messages(engine.store, session)
    carried = session.context
    characters = len(carried.model_dump_json())
    sizes = ContextSizes(
        messages=len(carried.messages),
        older_messages=len(older),
        decisions=len(carried.decisions),
        artifacts=len(carried.artifacts),
        thoughts=len(load_thoughts(engine.store, session.id)),
        characters=characters,
        tokens_about=characters // CHARACTERS_PER_TOKEN,
        stored_at=f".podium/{engine.store.file_of(layout.session(session.id))}",
    )
    if params.older:
        carried = carried.model_copy(update={"messages": (*older, *carried.messages)})
    return ContextView(
        session_id=session.id,
        title=session.title,
        context=carried,
        sizes=sizes if params.debug else None,
    )
