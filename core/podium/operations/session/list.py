"""session.list: sessions by filter."""

from pydantic import Field

from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.filters import parse_filter
from podium.operations.operation import Effect, operation
from podium.operations.session.views import SessionRow, all_sessions, session_row

FIELDS = ("type", "state", "tag", "plan", "task", "parent")


class ListParams(Frozen):
    """What is asked."""

    where: str = Field(
        default="", description="filter, for instance `type:planning state:active tag:x words`"
    )
    limit: int = Field(default=50, ge=1, le=10_000, description="at most so many")


class SessionList(Frozen):
    """Sessions, newest first."""

    sessions: tuple[SessionRow, ...]
    total: int


@operation("session.list", Effect.READ)
async def list(engine: Engine, params: ListParams) -> SessionList:  # noqa: A001 - the verb's own name
    """List sessions, newest first.

    Raises:
        ValidationError: the filter cannot be read.
    """
    wanted = parse_filter(params.where, FIELDS)
    kept = [
        row
        for session in all_sessions(engine.store)
        if wanted.accepts(
            _fields(row := session_row(session)),
            f"{session.id} {session.title} {session.description} {session.context.focus}",
        )
    ]
    return SessionList(sessions=tuple(kept[: params.limit]), total=len(kept))


def _fields(row: SessionRow) -> dict[str, tuple[str, ...]]:
    return {
        "type": (row.type,),
        "state": (row.state,),
        "tag": row.tags,
        "plan": (row.plan_id,),
        "task": (row.task_id,),
        "parent": (row.parent_id,),
    }
