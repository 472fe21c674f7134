"""store.gc: suspend idle sessions, archive ended work, remove leftovers of landed work."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from pydantic import Field

from podium.entities.plans import plan_ids
from podium.entities.runs import active_run, all_runs
from podium.errors import ConflictError
from podium.model.base import Frozen
from podium.model.ids import Kind, resolve
from podium.model.runs import END_STATES
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person
from podium.projects import housekeeping
from podium.projects.disk_use import measure, over_ceiling, remove_free
from podium.projects.housekeeping import Chores
from podium.projects.left_overs import LeftOvers, find_left_overs, remove_left_overs
from podium.projects.repositories import open_repository
from podium.runs.integration.branch import integration_branch, results_ref
from podium.workspace.names import REF_PREFIX
from podium.workspace.repository import Repository
from podium.workspace.values import Checkpoint, Worktree


class GcParams(Frozen):
    """Parameters of `store.gc`."""

    dry_run: bool = Field(default=False, description="only show what would be cleaned up")
    put_away: str = Field(default="", description="a plan to archive now")
    take_back: str = Field(default="", description="a plan or session to restore from the archive")


class CleanUp(Frozen):
    """The result of cleaning up, actual or previewed."""

    suspended: tuple[str, ...] = ()
    """Active sessions that were idle for too long, or exceed the limit."""
    archived: tuple[str, ...] = ()
    """Ended sessions and finished plans that were archived."""
    worktrees: tuple[str, ...] = ()
    """Folders of worktrees whose work has landed."""
    refs: tuple[str, ...] = ()
    """Branches and checkpoints whose commits are all on your branch."""
    left_over: tuple[str, ...] = ()
    """Locks, temporary files, worktrees and branches that dead processes left behind."""
    problems: tuple[str, ...] = ()
    """What could not be removed, and why."""
    cold: tuple[str, ...] = ()
    """Idle worktrees above the size limit in the settings."""
    disk: str = ""
    """The disk space used by worktrees, agent calls and the journal."""
    transcripts: tuple[str, ...] = ()
    """Finished agent calls whose long transcripts were compressed."""
    taken_back: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    """The contents of the archive; they can be restored."""
    done: bool


@dataclass(frozen=True)
class Leftovers:
    """The leftovers of landed work in git.

    Args:
        plans: plans that have landed.
        worktrees: their worktrees.
        branches: their branches, with their commits.
        checkpoints: their checkpoints whose commits are all on the user's branch.
    """

    plans: frozenset[str] = frozenset()
    worktrees: tuple[Worktree, ...] = ()
    branches: dict[str, str] = field(default_factory=dict[str, str])
    checkpoints: tuple[Checkpoint, ...] = ()


@operation("store.gc", Effect.DESTRUCTIVE)
async def gc(engine: Engine, params: GcParams) -> CleanUp:
    """Clean up as configured: idle and old sessions, finished plans, leftovers of landed work.

    Keeps work that has not landed, and everything in git while a run is in progress. Archived
    documents can be restored.

    Raises:
        NotFoundError: the plan or session does not exist, or is not in the archive.
        ConflictError: a run of the plan is in progress.
        NotApproved: the requester is not a person.
        StorageError: the store is not writable.
        GitError: a git command fails.
    """
    if params.take_back:
        require_person(engine, "restore documents from the archive")
        documents = tuple(engine.store.archive.unarchive(params.take_back))
        return CleanUp(taken_back=documents, kept=_kept(engine), done=True)
    if params.put_away:
        return _archive_plan(engine, params.put_away)
    repository = await open_repository(engine.root)
    is_running = engine.runner_is_alive()
    dead = await find_left_overs(repository, engine.store, engine.home, is_running=is_running)
    if not params.dry_run:
        require_person(engine, "clean up")
        await repository.clear_stale_locks()
    leftovers = Leftovers() if is_running else await _leftovers(engine, repository)
    config = engine.config.config
    chores = housekeeping.due(engine.store, config, engine.clock.now(), leftovers.plans)
    long = housekeeping.compressible_calls(engine.calls)
    problems: tuple[str, ...] = ()
    cold = await over_ceiling(repository, config.store.pool_megabytes)
    if not params.dry_run:
        if chores.sessions or chores.plans:
            engine.store.maintenance.snapshot("before-clean-up")
        chores = housekeeping.carry_out(engine.store, chores)
        await _remove(repository, leftovers)
        problems = await remove_left_overs(repository, _without(dead, leftovers))
        housekeeping.compress_outputs(long)
        await remove_free(repository, cold)
        housekeeping.pack_ended_work(engine.store)
    summary = _summary(engine, chores, leftovers, [str(each.path) for each in long], params)
    problems = (*problems, *(f"{each.path}: {each.why}; {each.hint}" for each in dead.other_locks))
    names = _without(dead, leftovers).names
    found = await measure(repository, engine.home)
    update = {
        "left_over": names,
        "problems": problems,
        "cold": tuple(str(each.folder) for each in cold),
        "disk": found.shown,
    }
    return summary.model_copy(update=update)


def _archive_plan(engine: Engine, id_or_prefix: str) -> CleanUp:
    """Archive one plan at a person's request, regardless of the settings."""
    require_person(engine, "archive a plan")
    plan_id = resolve(Kind.PLAN, id_or_prefix, plan_ids(engine.store))
    if active_run(engine.store, plan_id) is not None:
        raise ConflictError(
            f"Plan {plan_id} is in use",
            why="a run of it has not ended",
            hints=["podium cancel", "wait until the run has ended"],
        )
    engine.store.maintenance.snapshot("before-clean-up")
    housekeeping.archive_plan(engine.store, plan_id)
    return CleanUp(archived=(plan_id,), kept=_kept(engine), done=True)


async def _leftovers(engine: Engine, repository: Repository) -> Leftovers:
    """Return the leftovers of plans whose whole result is on the user's branch."""
    head = (await repository.head()).commit
    landed = frozenset([i for i in _ended_plans(engine) if await _is_in(repository, i, head)])
    worktrees = [each for each in repository.list_worktrees() if _plan_of(each.branch) in landed]
    branches = await repository.list_branches()
    gone = {
        name: commit
        for name, commit in branches.items()
        if _plan_of(name) in landed and await repository.is_ancestor(commit, head)
    }
    runs = [
        f"{REF_PREFIX}{run.id}" for plan_id in landed for run in all_runs(engine.store, plan_id)
    ]
    checkpoints = [
        each
        for prefix in (*runs, *(results_ref(each) for each in landed))
        for each in await repository.list_checkpoints(prefix)
        if await repository.adds_nothing_to(each.commit, head)
    ]
    kept = [each for each in worktrees if each.branch in gone]
    return Leftovers(landed, tuple(kept), gone, tuple(checkpoints))


def _without(dead: LeftOvers, landed: Leftovers) -> LeftOvers:
    """Return the leftovers of dead processes that are not also leftovers of landed work."""
    folders = {each.folder for each in landed.worktrees}
    return replace(
        dead,
        worktrees=tuple(each for each in dead.worktrees if each.folder not in folders),
        branches={name: at for name, at in dead.branches.items() if name not in landed.branches},
    )


def _ended_plans(engine: Engine) -> Collection[str]:
    """Return the plans that have runs, all of which have ended."""
    runs = all_runs(engine.store)
    going_on = {run.plan_id for run in runs if run.state not in END_STATES}
    return {run.plan_id for run in runs} - going_on


async def _is_in(repository: Repository, plan_id: str, head: str) -> bool:
    """Return whether the user's branch contains the plan's result, or the result no longer
    exists."""
    branch = f"refs/heads/{integration_branch(plan_id)}"
    # A branch that was deleted by hand may hold results that have not landed.
    tip = await repository.find_commit(branch) or await repository.find_commit(results_ref(plan_id))
    return tip is None or await repository.is_ancestor(tip, head)


async def _remove(repository: Repository, leftovers: Leftovers) -> None:
    for worktree in leftovers.worktrees:
        await repository.remove_worktree(worktree)
    for branch, commit in leftovers.branches.items():
        await repository.delete_branch(branch, expected_old=commit)
    await repository.delete_checkpoints(leftovers.checkpoints)


def _plan_of(branch: str | None) -> str:
    """Return the plan of a branch like `podium/p-7k3m9x/t1`; empty for other branches."""
    parts = (branch or "").split("/")
    return parts[1] if len(parts) >= 3 and parts[0] == "podium" else ""


def _kept(engine: Engine) -> tuple[str, ...]:
    return tuple(engine.store.archive.names())


def _summary(
    engine: Engine, chores: Chores, leftovers: Leftovers, calls: list[str], params: GcParams
) -> CleanUp:
    return CleanUp(
        suspended=chores.suspended,
        archived=(*chores.sessions, *chores.plans),
        worktrees=tuple(str(each.folder) for each in leftovers.worktrees),
        refs=(*leftovers.branches, *(each.ref for each in leftovers.checkpoints)),
        transcripts=tuple(calls),
        kept=_kept(engine),
        done=not params.dry_run,
    )
