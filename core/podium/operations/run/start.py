"""run.start: execute an approved plan."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import anyio.to_thread
from pydantic import Field

from podium.agents.selection import chosen_agent, resolve_agents
from podium.entities.plans import find_plan, load_plan
from podium.entities.runs import active_runs, all_runs
from podium.entities.signing import is_run_signed_here, sign_run
from podium.entities.tasks import load_progress, recorded_commits
from podium.errors import AlreadyRunning, PodiumError, ValidationError, WriteConflict
from podium.gates.pipeline import command_gates
from podium.model import layout
from podium.model.agents import without_cache
from podium.model.base import Frozen
from podium.model.events import Event, EventKind
from podium.model.ids import Kind, new_id
from podium.model.plans import AgentChoice, Plan
from podium.model.progress import TaskProgress, move
from podium.model.rules.call_limits import with_durations
from podium.model.runs import END_STATES, Run, RunMode
from podium.model.sandbox import Sandbox
from podium.model.states import RunState, TaskState
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.plan.decisions import require_approved
from podium.operations.run.status import RunStatus, run_status, status_of_loaded
from podium.projects.repositories import open_repository
from podium.projects.sandbox import project_sandbox
from podium.projects.trust import check_trusted
from podium.runs.integration.branch import Base, open_integration
from podium.store import Transaction

_AGAIN = {TaskState.FAILED, TaskState.CANCELLED, TaskState.RUNNING}


class StartParams(Frozen):
    """Parameters of `run.start`."""

    plan: str = Field(default="", description="id or unique prefix; by default the newest plan")
    max_parallel: int | None = Field(
        default=None, ge=1, le=64, description="maximum number of tasks to run at once"
    )
    max_attempts: int | None = Field(default=None, ge=1, le=20, description="attempts per task")
    agent: str = Field(default="", description="the agent for every task")
    options: dict[str, str] = Field(default_factory=dict, description="options of that agent")
    no_cache: bool = Field(
        default=False, description="ask agents again although an earlier reply could be reused"
    )
    base: str = Field(
        default="", description="the commit or branch to start from; by default the checked-out one"
    )


@operation("run.start", Effect.LONG)
async def start(engine: Engine, params: StartParams) -> RunStatus:
    """Execute an approved plan in the background; do not repeat completed tasks.

    Raises:
        NotApproved: this version of the plan is not approved.
        AlreadyRunning: a run of another plan is active; an active run of this plan is joined.
        NotTrusted: the project's settings would run a program but are not trusted.
        AgentUnavailable: an agent cannot be used on this machine.
        SandboxUnavailable: the settings require a sandbox, and none works on this machine.
        NotARepository, GitError: a git command fails.
        StorageError: the store is not writable.
    """
    plan = find_plan(engine.store, params.plan)
    if active := active_runs(engine.store):
        return _join(engine, plan, active)
    require_approved(engine.store, plan)
    check_trusted(engine.root, engine.config.project)
    choice = chosen_agent(params.agent, params.options)
    agents = resolve_agents(engine.root, engine.config.config, plan, choice)
    sandbox = await anyio.to_thread.run_sync(project_sandbox, engine.root, engine.config)
    recorded = recorded_commits(load_progress(engine.store, plan.id))
    try:
        base = await _open_base(engine, plan, recorded, params.base)
    except PodiumError:
        if active := active_runs(engine.store):  # an active run may move the branch
            return _join(engine, plan, active)
        raise
    _migrate(engine)
    engine.expect_runner()
    linked = tuple(str(engine.root / each) for each in engine.config.config.worktree.link_ignored)
    sandbox = sandbox.model_copy(update={"linked": linked})
    run = engine.store.transact(lambda tx: _create(tx, engine, plan, params, agents, base, sandbox))
    if run is None:
        return _join(engine, plan, active_runs(engine.store))
    engine.start_runner()
    return status_of_loaded(engine, run)


async def _open_base(
    engine: Engine, plan: Plan, recorded: Mapping[str, str], revision: str
) -> Base:
    repository = await open_repository(engine.root)
    commit = await repository.resolve(revision) if revision else ""
    return await open_integration(repository, plan.id, recorded, commit)


def _join(engine: Engine, plan: Plan, runs: Sequence[Run]) -> RunStatus:
    """Join the plan's own active run, and start a runner if the last one died.

    Raises:
        AlreadyRunning: only other plans are running, or the run has just ended.
    """
    active = next((run for run in runs if run.plan_id == plan.id), None)
    if active is None:
        raise _already_running(plan, runs)
    if active.state is not RunState.PAUSED:
        # A runner that cannot write would exit immediately, with the reason only in its log.
        _migrate(engine)
        engine.store.transact(lambda tx: None)
        engine.start_runner()
    return run_status(engine, active)


def _already_running(plan: Plan, runs: Sequence[Run]) -> AlreadyRunning:
    if not runs:
        return AlreadyRunning(
            f"Another run of plan {plan.id} has just ended",
            hints=["podium status", f"podium run {plan.id} runs the remaining tasks"],
        )
    other = runs[0]
    return AlreadyRunning(
        f"Run {other.id} of plan {other.plan_id} is {other.state}",
        why="a project runs one plan at a time",
        hints=["podium status", f"podium cancel {other.id}"],
    )


def _migrate(engine: Engine) -> None:
    """Migrate a store in an older format, so that a run can continue after Podium was updated.

    A snapshot is made first. A requester that is not a person is refused at the first write.
    """
    if engine.actor.kind == "person":
        engine.store.maintenance.migrate()


def _create(
    tx: Transaction,
    engine: Engine,
    plan: Plan,
    params: StartParams,
    agents: dict[str, tuple[AgentChoice, ...]],
    base: Base,
    sandbox: Sandbox,
) -> Run | None:
    """Store and return the new run; return None if another one was started in the meantime."""
    if active_runs(tx):
        return None
    require_approved(tx, plan)
    _check_unchanged(tx, plan)
    task_ids = _open_tasks(tx, plan, engine.clock.now(), frozenset(base.lost))
    config, runs = engine.config.config, all_runs(tx)
    asked = {"max_parallel": params.max_parallel, "max_attempts": params.max_attempts}
    settings = config.run.model_copy(update={name: it for name, it in asked.items() if it})
    run = Run(
        id=new_id(Kind.RUN, [run.id for run in runs]),
        plan_id=plan.id,
        plan_version=plan.version,
        mode=RunMode.PARALLEL if settings.max_parallel > 1 else RunMode.SEQUENTIAL,
        settings=settings,
        policy=config.agents.policy,
        ask=config.agents.ask,
        ask_seconds=config.agents.ask_seconds,
        cache=without_cache(config.agents.cache) if params.no_cache else config.agents.cache,
        budget=config.budget,
        agents=agents,
        setup=config.gates.setup,
        worktree=config.worktree,
        gates=command_gates(config.gates),
        sandbox=sandbox,
        task_ids=task_ids,
        base_commit=base.commit,
        target_branch=base.target_branch,
        integration_branch=base.integration_branch,
        created_at=engine.clock.now(),
        created_by=engine.actor,
        past_calls=_past_calls(runs),
        plan=plan,
    )
    run = sign_run(run)
    tx.put(layout.run(run.id), run)
    tx.record(Event(kind=EventKind.RUN_CREATED, subject=run.id, message=f"{len(task_ids)} tasks"))
    return run


def _past_calls(runs: Sequence[Run]) -> dict[str, tuple[float, ...]]:
    """Return how long calls took, from the newest ended run, which knows those before it."""
    ended = (run for run in runs if run.state in END_STATES and is_run_signed_here(run))
    last = next(ended, None)
    return with_durations(last.past_calls, last.own_calls) if last else {}


def _check_unchanged(tx: Transaction, plan: Plan) -> None:
    """Check that the plan has not changed since its approval was checked."""
    if load_plan(tx, plan.id).version != plan.version:
        raise WriteConflict(
            f"Plan {plan.id} has just changed", hints=[f"podium show {plan.id}", "podium approve"]
        )


def _open_tasks(
    tx: Transaction, plan: Plan, now: datetime, lost: frozenset[str]
) -> tuple[str, ...]:
    """Return the tasks to execute, and reset those that an earlier run left unfinished.

    Excludes tasks blocked by a person, but not those that only waited for a failed task.
    Includes done tasks whose commits are lost.
    """
    progress = load_progress(tx, plan.id)
    _check_free(plan, progress, now)
    chosen: list[str] = []
    for task in plan.tasks:
        row = progress.get(task.id, TaskProgress())
        left_behind = is_left_behind(row) or task.id in lost
        if left_behind:
            tx.put(layout.progress(plan.id, task.id), move(task, row, TaskState.PENDING))
        if left_behind or row.state is TaskState.PENDING:
            chosen.append(task.id)
    if not chosen:
        raise ValidationError(
            f"Plan {plan.id} has no task to run",
            why="every task is done, skipped or blocked",
            hints=[f"podium check {plan.id}", f"podium land {plan.id}"],
        )
    return tuple(chosen)


def is_left_behind(row: TaskProgress) -> bool:
    """Return whether an earlier run left a task unfinished."""
    return row.state in _AGAIN or (row.state is TaskState.BLOCKED and row.run_id != "")


def _check_free(plan: Plan, progress: Mapping[str, TaskProgress], now: datetime) -> None:
    """Check that no assistant is working on a task of the plan in the checkout."""
    for task_id, row in progress.items():
        if row.lease is not None and row.lease.is_live(now):
            raise AlreadyRunning(
                f"{row.lease.holder.name or 'An assistant'} is working on task {plan.id}/{task_id}",
                why=f"the claim expires at {row.lease.expires_at:%H:%M:%S} UTC",
                hints=[f"podium task {plan.id}/{task_id} --state pending releases it"],
            )
