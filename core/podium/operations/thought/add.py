"""thought.add: add one step of sequential thinking."""

from pydantic import Field

from podium.errors import ValidationError
from podium.model import layout
from podium.model.base import Frozen
from podium.model.events import Event, EventKind
from podium.model.ids import Kind, new_id
from podium.model.sessions import Session, Thought
from podium.model.states import SessionState
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.session.views import all_sessions, find_session, load_thoughts
from podium.store import Transaction
from podium.words import shorten


class AddParams(Frozen):
    """Parameters of `thought.add`."""

    text: str = Field(min_length=1, max_length=20_000, description="text of the thought")
    session: str = Field(default="", description="id or unique prefix; default: the newest active")
    total: int | None = Field(default=None, ge=1, description="estimated number of thoughts")
    revises: int | None = Field(default=None, ge=1, description="the thought to replace")
    branch_from: int | None = Field(default=None, ge=1, description="the thought to branch from")
    branch: str = Field(default="", max_length=60, description="name of the branch")


class ThoughtAdded(Frozen):
    """The added thought and its session."""

    session_id: str
    thought: Thought
    next: str


@operation("thought.add", Effect.WRITE)
async def add(engine: Engine, params: AddParams) -> ThoughtAdded:
    """Add a thought to a session; it can revise an earlier one or start a branch.

    Raises:
        ValidationError: it revises or branches from a thought that does not exist.
        SessionNotFound: no session has this id.
    """
    now = engine.clock.now()

    def add_thought(tx: Transaction) -> tuple[Session, Thought]:
        session = _session(tx, params, engine)
        thoughts = load_thoughts(tx, session.id)
        _check_numbers(thoughts, params)
        number = thoughts[-1].number + 1 if thoughts else 1
        thought = Thought(
            number=number,
            total=max(number, params.total or (thoughts[-1].total if thoughts else 1)),
            text=params.text,
            revises=params.revises,
            branch_from=params.branch_from,
            branch=params.branch or (f"from-{params.branch_from}" if params.branch_from else ""),
            at=now,
        )
        tx.put(layout.thought(session.id, number), thought)
        tx.record(
            Event(
                kind=EventKind.THOUGHT_ADDED,
                subject=session.id,
                message=f"{number}/{thought.total}",
            )
        )
        return session, thought

    session, thought = engine.store.transact(add_thought)
    return ThoughtAdded(
        session_id=session.id, thought=thought, next=f"podium thoughts {session.id}"
    )


def _session(tx: Transaction, params: AddParams, engine: Engine) -> Session:
    """Return the named session, otherwise the newest active one, otherwise a new one."""
    if params.session:
        return find_session(tx, params.session)
    active = [each for each in all_sessions(tx) if each.state is SessionState.ACTIVE]
    if active:
        return active[0]
    title = shorten(params.text, 80)
    session = Session(
        id=new_id(Kind.SESSION), type="planning", title=title, created_at=engine.clock.now()
    )
    tx.put(layout.session(session.id), session)
    tx.record(Event(kind=EventKind.SESSION_CREATED, subject=session.id, message=title))
    return session


def _check_numbers(thoughts: tuple[Thought, ...], params: AddParams) -> None:
    known = {each.number for each in thoughts}
    for name, number in (("revises", params.revises), ("branches from", params.branch_from)):
        if number is not None and number not in known:
            raise ValidationError(
                f"The thought {name} number {number}, which does not exist",
                why=f"the session has {len(known)} thoughts",
                hints=["podium thoughts lists them"],
            )
