"""store.gc: suspend idle sessions, put old ended ones away, remove worktrees of landed work."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from pydantic import Field

from podium.model import layout
from podium.model.base import Frozen
from podium.model.config import SessionsConfig
from podium.model.events import Event, EventKind
from podium.model.sessions import Session
from podium.model.states import SessionState
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person
from podium.running.integration import integration_branch
from podium.store import Transaction
from podium.workspace.repository import Repository
from podium.workspace.values import Worktree

_ENDED = frozenset({SessionState.COMPLETED, SessionState.FAILED})


class GcParams(Frozen):
    """What is asked."""

    dry_run: bool = Field(default=False, description="only tell what would be cleaned up")
    take_back: str = Field(default="", description="a session to bring back from the archive")


class CleanUp(Frozen):
    """What was cleaned up, or would be."""

    suspended: tuple[str, ...]
    """Sessions in which nothing happened for too long."""
    archived: tuple[str, ...]
    """Ended sessions that were put away, compressed."""
    worktrees: tuple[str, ...]
    """Folders of work that has landed."""
    taken_back: tuple[str, ...]
    done: bool


@operation("store.gc", Effect.DESTRUCTIVE)
async def gc(engine: Engine, params: GcParams) -> CleanUp:
    """Clean up by the settings: idle and old sessions, worktrees of landed work; nothing is lost.

    Work that has not landed stays, and so does everything while a run is at work.

    Raises:
        NotFoundError: nothing of that name was put away.
        NotApproved: somebody else than a person asked for it.
        StorageError: the store cannot be written.
        GitError: git refuses.
    """
    if params.take_back:
        require_person(engine, "take sessions back")
        documents = tuple(engine.store.archive.take_back(params.take_back))
        return _result((), (), (), done=True).model_copy(update={"taken_back": documents})
    limits = engine.config.config.sessions
    idle = [each.id for each in _idle(engine, limits)]
    old = [each.id for each in _old(engine, limits)]
    repository = await Repository.discover(engine.root)
    landed = [] if engine.runner_is_alive() else await _landed(engine, repository)
    folders = [str(each.folder) for each in landed]
    if params.dry_run:
        return _result(idle, old, folders, done=False)
    require_person(engine, "clean up")
    if idle:
        engine.store.transact(lambda tx: _suspend(tx, idle))
    if old:
        engine.store.upkeep.snapshot("before-clean-up")
    for session_id in old:
        engine.store.archive.put_away(session_id, f"sessions/{session_id}/")
    for worktree in landed:
        await repository.remove_worktree(worktree)
    return _result(idle, old, folders, done=True)


def _idle(engine: Engine, limits: SessionsConfig) -> Iterator[Session]:
    if limits.timeout_hours == 0:
        return
    limit = engine.clock.now() - timedelta(hours=limits.timeout_hours)
    for session in engine.store.list(layout.sessions()).values():
        if session.state is SessionState.ACTIVE and _last_moment(engine, session) < limit:
            yield session


def _old(engine: Engine, limits: SessionsConfig) -> list[Session]:
    """Return the ended sessions beyond the maximum, and those that are too old, oldest first."""
    sessions = engine.store.list(layout.sessions()).values()
    ended = sorted(
        (each for each in sessions if each.state in _ENDED),
        key=lambda each: _last_moment(engine, each),
    )
    beyond = max(0, len(ended) - limits.keep_ended)
    limit = engine.clock.now() - timedelta(days=limits.archive_after_days)
    aged = limits.archive_after_days > 0
    return [
        each
        for index, each in enumerate(ended)
        if index < beyond or (aged and _last_moment(engine, each) < limit)
    ]


def _last_moment(engine: Engine, session: Session) -> datetime:
    context = session.context
    thoughts = engine.store.list(layout.thoughts(session.id)).values()
    moments = [session.created_at, *(each.at for each in context.messages)]
    moments += [each.at for each in context.decisions]
    moments += [each.at for each in thoughts]
    return max(moments)


def _suspend(tx: Transaction, session_ids: Sequence[str]) -> None:
    for session_id in session_ids:
        key = layout.session(session_id)
        session = tx.get(key)
        if session is None or session.state is not SessionState.ACTIVE:
            continue
        tx.put(key, session.model_copy(update={"state": SessionState.SUSPENDED}))
        message = "active → suspended: nothing happened for too long"
        tx.record(Event(kind=EventKind.SESSION_CHANGED, subject=session_id, message=message))


async def _landed(engine: Engine, repository: Repository) -> list[Worktree]:
    """Return the worktrees whose work, and whose plan's whole result, is on the user's branch."""
    head = (await repository.head()).commit
    found: list[Worktree] = []
    for worktree in repository.list_worktrees():
        plan_id = _plan_of(worktree.branch)
        if not plan_id or not _has_landed(engine, plan_id):
            continue
        result = await repository.find_commit(integration_branch(plan_id))
        tip = await repository.find_commit(worktree.branch or "")
        commits = [each for each in (result, tip) if each is not None]
        if len(commits) == 2 and all([await repository.is_ancestor(c, head) for c in commits]):
            found.append(worktree)
    return found


def _plan_of(branch: str | None) -> str:
    """Return the plan of a branch like `podium/p-7k3m9x/t1`, empty for any other."""
    parts = (branch or "").split("/")
    return parts[1] if len(parts) >= 3 and parts[0] == "podium" else ""


def _has_landed(engine: Engine, plan_id: str) -> bool:
    history = engine.store.history(plan_id, limit=10_000)
    return any(each.event.kind is EventKind.WORK_LANDED for each in history)


def _result(
    suspended: Sequence[str], archived: Sequence[str], worktrees: Sequence[str], *, done: bool
) -> CleanUp:
    return CleanUp(
        suspended=tuple(suspended),
        archived=tuple(archived),
        worktrees=tuple(worktrees),
        taken_back=(),
        done=done,
    )
