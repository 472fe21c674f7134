"""session.context: what a session carries, and how large it is."""

from pydantic import Field

from podium.model.base import Frozen
from podium.model.sessions import Context
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.session.views import find_session, load_thoughts

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for English and code; only used to show an order of magnitude."""


class ContextParams(Frozen):
    """What is asked."""

    session: str = Field(default="", description="id or unique prefix; the newest if left out")
    debug: bool = Field(default=False, description="also show sizes and states")


class ContextSizes(Frozen):
    """How large the parts of a context are."""

    messages: int
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
    """
    session = find_session(engine.store, params.session)
    carried = session.context
    characters = len(carried.model_dump_json())
    sizes = ContextSizes(
        messages=len(carried.messages),
        decisions=len(carried.decisions),
        artifacts=len(carried.artifacts),
        thoughts=len(load_thoughts(engine.store, session.id)),
        characters=characters,
        tokens_about=characters // CHARACTERS_PER_TOKEN,
        stored_at=f".podium/sessions/{session.id}/session.json",
    )
    return ContextView(
        session_id=session.id,
        title=session.title,
        context=carried,
        sizes=sizes if params.debug else None,
    )
