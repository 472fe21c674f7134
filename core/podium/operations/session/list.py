"""session.list: list sessions that match a filter."""

from pydantic import Field

from podium.agents.registry import session_types
from podium.model.base import Frozen
from podium.model.sessions import Session
from podium.model.states import SessionState
from podium.operations.engine import Engine
from podium.operations.listing import Listing
from podium.operations.operation import Effect, operation
from podium.operations.session.views import SessionRow, all_sessions, session_row

FIELDS = ("type", "state", "tag", "plan", "task", "parent")


class ListParams(Frozen):
    """Parameters of `session.list`."""

    where: str = Field(
        default="", description="filter, such as `type:planning state:active tag:x words`"
    )
    limit: int = Field(default=50, ge=1, le=10_000, description="maximum number of results")


class SessionList(Frozen):
    """Sessions, newest first."""

    sessions: tuple[SessionRow, ...]
    total: int


@operation("session.list", Effect.READ)
async def list(engine: Engine, params: ListParams) -> SessionList:  # noqa: A001 - the verb's own name
    """List sessions, newest first.

    Raises:
        ValidationError: the filter is invalid.
    """
    found = _LISTING.listed(all_sessions(engine.store), params.where, params.limit)
    return SessionList(sessions=tuple(map(session_row, found.rows)), total=found.total)


def _fields(session: Session) -> dict[str, tuple[str, ...]]:
    row = session_row(session)
    return {
        "type": (row.type,),
        "state": (row.state,),
        "tag": row.tags,
        "plan": (row.plan_id,),
        "task": (row.task_id,),
        "parent": (row.parent_id,),
    }


def _text(session: Session) -> str:
    return f"{session.id} {session.title} {session.description} {session.context.focus}"


_LISTING = Listing[Session](
    names=FIELDS,
    fields=_fields,
    text=_text,
    vocabulary={"type": session_types, "state": lambda: SessionState},
)
