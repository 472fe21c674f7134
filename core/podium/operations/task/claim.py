"""task.claim: claim the next task, with everything needed to do it."""

import secrets
from datetime import datetime, timedelta

from pydantic import Field

from podium.entities.plan_states import state_of_plan
from podium.entities.plans import all_plans, find_plan, load_plan
from podium.entities.runs import active_run
from podium.entities.tasks import load_progress
from podium.errors import AlreadyRunning, NotApproved
from podium.gates.checkout import save_checkout
from podium.gates.pipeline import command_gates
from podium.model import layout
from podium.model.base import Frozen
from podium.model.events import Actor, Event, EventKind
from podium.model.findings import Finding
from podium.model.ids import Kind, new_id
from podium.model.plans import Plan, Task
from podium.model.progress import Lease, TaskProgress, move, next_tasks
from podium.model.sessions import DecisionMade, Session
from podium.model.states import FindingStatus, PlanState, TaskState
from podium.operations.engine import Engine
from podium.operations.finding.views import all_findings
from podium.operations.operation import Effect, operation
from podium.operations.plan.decisions import require_approved
from podium.projects.repositories import open_repository
from podium.store import Transaction
from podium.views.next_steps import as_command, step
from podium.views.steps import Step


class ClaimParams(Frozen):
    """Parameters of `task.claim`."""

    plan: str = Field(
        default="", description="id or unique prefix; by default the newest approved plan"
    )
    minutes: int = Field(default=30, ge=1, le=480, description="duration of the claim")


class Earlier(Frozen):
    """The result of a task on which the claimed task builds."""

    id: str
    title: str
    note: str
    note_by: Actor | None


class Assignment(Frozen):
    """A claimed task, with the information needed to do it."""

    task: Task
    lease: Lease
    session_id: str
    earlier: tuple[Earlier, ...]
    """The tasks that it requires or relates to."""
    decisions: tuple[DecisionMade, ...]
    """Decisions made while planning."""
    findings: tuple[Finding, ...]
    """Open findings of this task or in its files."""
    gates: tuple[str, ...]
    """Checks that must pass before the task is done, as command lines."""


class Claimed(Frozen):
    """The assignment, or the reason why no task was assigned."""

    plan_id: str
    objective: str
    assignment: Assignment | None
    ready: int
    """Number of other tasks that can start now."""
    waiting: int
    """Number of tasks that are waiting for others."""
    held: tuple[str, ...]
    """Tasks that others are working on."""
    next: str
    next_steps: tuple[Step, ...] = Field(default=(), exclude=True)
    """The possible next steps, most common first."""


@operation("task.claim", Effect.WRITE)
async def claim(engine: Engine, params: ClaimParams) -> Claimed:
    """Claim the next task for yourself; others cannot claim it until the lease expires.

    Raises:
        NotApproved: no plan is approved, or the plan's current version is not.
        AlreadyRunning: a run is executing the plan.
        PlanNotFound: no plan has this id.
        NotARepository, GitError: a git command fails.
    """
    plan = _find(engine, params.plan)
    require_approved(engine.store, plan)
    progress = load_progress(engine.store, plan.id)
    if _free(plan, progress, engine.clock.now()) is None:
        return _claimed(engine, plan, None)
    lease = Lease(
        token=f"l-{secrets.token_hex(6)}",
        holder=engine.actor,
        expires_at=engine.clock.now() + timedelta(minutes=params.minutes),
    )
    repository = await open_repository(engine.root)
    saved = await save_checkout(repository, plan.id, lease.token, f"Before a task of {plan.id}")
    lease = lease.model_copy(update={"checkpoint": saved})
    task = engine.store.transact(lambda tx: _claim_next(tx, plan.id, lease, engine.clock.now()))
    return _claimed(engine, plan, task)


def _find(engine: Engine, wanted: str) -> Plan:
    if wanted:
        return find_plan(engine.store, wanted)
    newest = find_plan(engine.store, "")
    plans = all_plans(engine.store)
    for plan in plans:
        if state_of_plan(engine.store, plan) is PlanState.APPROVED:
            return plan
    if all(state_of_plan(engine.store, plan) is PlanState.DRAFT for plan in plans):
        raise NotApproved(
            "No plan is approved",
            why="a person must approve a plan before work on it begins",
            hints=[f"podium approve {newest.id}"],
        )
    return newest


def _claim_next(tx: Transaction, plan_id: str, lease: Lease, now: datetime) -> Task | None:
    """Lease the first free task; the transaction serializes concurrent claims."""
    plan = load_plan(tx, plan_id)
    if (run := active_run(tx, plan_id)) is not None:
        raise AlreadyRunning(
            f"Run {run.id} is executing the plan", hints=["podium status", f"podium pause {run.id}"]
        )
    progress = load_progress(tx, plan_id)
    mine = _free(plan, progress, now)
    if mine is None:
        return None
    row = progress.get(mine.id, TaskProgress())
    if row.state is not TaskState.RUNNING:
        row = move(mine, row, TaskState.RUNNING)
    row = row.model_copy(update={"lease": lease, "session_id": _open_session(tx, plan, mine, now)})
    tx.put(layout.progress(plan_id, mine.id), row)
    tx.record(
        Event(
            kind=EventKind.TASK_CHANGED,
            subject=f"{plan_id}/{mine.id}",
            message=f"claimed by {lease.holder.called}",
            data={"state": row.state},
        )
    )
    return mine


def _free(plan: Plan, progress: dict[str, TaskProgress], now: datetime) -> Task | None:
    """Return a task whose lease has expired, otherwise the most urgent ready task."""
    return _expired(plan, progress, now) or next(iter(next_tasks(plan, progress)), None)


def _expired(plan: Plan, progress: dict[str, TaskProgress], now: datetime) -> Task | None:
    for task in plan.tasks:
        lease = progress.get(task.id, TaskProgress()).lease
        if lease is not None and not lease.is_live(now):
            return task
    return None


def _open_session(tx: Transaction, plan: Plan, task: Task, now: datetime) -> str:
    """Open a session for the task, as a run does."""
    session = Session(
        id=new_id(Kind.SESSION),
        type="execution",
        title=task.title,
        plan_id=plan.id,
        task_id=task.id,
        parent_id=plan.header.session_id,
        created_at=now,
    )
    tx.put(layout.session(session.id), session)
    tx.record(Event(kind=EventKind.SESSION_CREATED, subject=session.id, message=task.title))
    return session.id


def _claimed(engine: Engine, plan: Plan, task: Task | None) -> Claimed:
    progress = load_progress(engine.store, plan.id)
    ready = len(next_tasks(plan, progress))
    pending = sum(
        progress.get(each.id, TaskProgress()).state is TaskState.PENDING for each in plan.tasks
    )
    held = [
        each.id for each in plan.tasks if progress.get(each.id, TaskProgress()).lease is not None
    ]
    check = step("plan.check", plan=plan.id)
    steps = (step("task.complete", task=f"{plan.id}/{task.id}") if task else check,)
    return Claimed(
        plan_id=plan.id,
        objective=plan.objective,
        assignment=_assignment(engine, plan, task, progress) if task is not None else None,
        ready=ready,
        waiting=pending - ready,
        held=tuple(each for each in held if task is None or each != task.id),
        next=as_command(steps),
        next_steps=steps,
    )


def _assignment(
    engine: Engine, plan: Plan, task: Task, progress: dict[str, TaskProgress]
) -> Assignment:
    row = progress[task.id]
    assert row.lease is not None, "it has just been claimed"
    gates = engine.config.config.gates
    commands = [gate.command for gate in command_gates(gates)]
    commands += [each.command for each in task.acceptance if each.command]
    return Assignment(
        task=task,
        lease=row.lease,
        session_id=row.session_id,
        earlier=tuple(
            Earlier(
                id=each,
                title=plan.task(each).title,
                note=progress[each].note,
                note_by=progress[each].note_by,
            )
            for each in (*task.requires, *task.relates)
            if each in progress
        ),
        decisions=_decisions(engine, plan),
        findings=_findings(engine, plan, task),
        gates=("syntax", *(" ".join(each) for each in commands)),
    )


def _decisions(engine: Engine, plan: Plan) -> tuple[DecisionMade, ...]:
    if not plan.header.session_id:
        return ()
    session = engine.store.get(layout.session(plan.header.session_id))
    return session.context.decisions if session is not None else ()


def _findings(engine: Engine, plan: Plan, task: Task) -> tuple[Finding, ...]:
    return tuple(
        each
        for each in all_findings(engine.store)
        if each.status is FindingStatus.OPEN
        and ((each.plan_id, each.task_id) == (plan.id, task.id) or each.path in task.files.all)
    )
