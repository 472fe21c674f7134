"""session.context: what a session carries, and how large it is."""

from pydantic import Field

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
"""A rule of thumb for English and code; only used to show an order of magnitude."""


class ContextParams(Frozen):
    """What is asked."""

    session: str = Field(default="", description="id or unique prefix; the newest if left out")
    debug: bool = Field(default=False, description="also show sizes and states")
    older: bool = Field(default=False, description="also show the messages that were put aside")


class ContextSizes(Frozen):
    """How large the parts of a context are."""

    messages: int
    older_messages: int
    """Messages that were put aside, compressed."""
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
    """Show what a session carries: focus, messages, decisions, artifacts.

    Raises:
        SessionNotFound: nothing answers to the id.
        SessionCorrupted: messages that were put aside were damaged by hand.
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
        stored_at=f".podium/sessions/{session.id}/session.json",
    )
    if params.older:
        carried = carried.model_copy(update={"messages": (*older, *carried.messages)})
    return ContextView(
        session_id=session.id,
        title=session.title,
        context=carried,
        sizes=sizes if params.debug else None,
    )
