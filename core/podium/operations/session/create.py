"""session.create: create a session."""

from pydantic import Field

from podium.agents.registry import session_types
from podium.entities.plans import find_plan
from podium.errors import ValidationError
from podium.model import layout
from podium.model.base import Frozen
from podium.model.events import Event, EventKind
from podium.model.ids import Kind, new_id
from podium.model.sessions import Context, Session
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.session.views import SessionView, find_session, session_view
from podium.projects.housekeeping import sessions_over_limit, suspend
from podium.store import Transaction


class CreateParams(Frozen):
    """Parameters of `session.create`."""

    title: str = Field(min_length=1, max_length=200, description="title of the session")
    type: str = Field(default="conversation", description="planning, execution, review, …")
    description: str = Field(default="", description="longer description")
    tags: tuple[str, ...] = Field(default=(), description="tags for filters")
    parent: str = Field(default="", description="the parent session")
    plan: str = Field(default="", description="the plan that the session is about")
    focus: str = Field(default="", description="current subject of the work")


@operation("session.create", Effect.WRITE)
async def create(engine: Engine, params: CreateParams) -> SessionView:
    """Create a session: a container for context that outlives processes.

    If too many sessions are active, the least recently used ones are suspended and can be resumed.

    Raises:
        ValidationError: the type is unknown.
        SessionNotFound, PlanNotFound: the parent or the plan does not exist.
    """
    if params.type not in (known := session_types()):
        raise ValidationError(
            f"There is no session type {params.type!r}",
            why=f"the types are: {', '.join(known)}",
            hints=["a package can add one with an entry point in the group podium.session_types"],
        )
    now = engine.clock.now()

    resting = sessions_over_limit(engine.store, engine.config.config, now, coming=1)

    def create_session(tx: Transaction) -> Session:
        suspend(tx, resting)
        session = Session(
            id=new_id(Kind.SESSION),
            type=params.type,
            title=params.title,
            description=params.description,
            tags=tuple(dict.fromkeys(params.tags)),
            parent_id=find_session(tx, params.parent).id if params.parent else "",
            plan_id=find_plan(tx, params.plan).id if params.plan else "",
            context=Context(focus=params.focus),
            created_at=now,
        )
        tx.put(layout.session(session.id), session)
        tx.record(Event(kind=EventKind.SESSION_CREATED, subject=session.id, message=session.title))
        return session

    return session_view(engine.store, engine.store.transact(create_session))
