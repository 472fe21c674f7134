"""thought.tree: show a session's thoughts as a tree."""

from pydantic import Field

from podium.model.base import Frozen
from podium.model.sessions import ThoughtBranch, thought_tree
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.session.views import find_session, load_thoughts


class TreeParams(Frozen):
    """Parameters of `thought.tree`."""

    session: str = Field(default="", description="id or unique prefix; by default the newest")


class ThoughtTree(Frozen):
    """The thoughts of a session."""

    session_id: str
    title: str
    count: int
    root: ThoughtBranch


@operation("thought.tree", Effect.READ)
async def tree(engine: Engine, params: TreeParams) -> ThoughtTree:
    """Show a session's thoughts as a tree, with revisions and branches.

    Raises:
        SessionNotFound: no session has this id.
    """
    session = find_session(engine.store, params.session)
    thoughts = load_thoughts(engine.store, session.id)
    return ThoughtTree(
        session_id=session.id,
        title=session.title,
        count=len(thoughts),
        root=thought_tree(thoughts),
    )
