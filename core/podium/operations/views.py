"""Results shared by several operations; plain values, ready for display."""

from datetime import datetime

from pydantic import Field

from podium.entities.access import Reader
from podium.entities.plan_states import state_of_plan
from podium.entities.plans import load_approval
from podium.entities.runs import active_run, all_runs
from podium.entities.tasks import load_progress, task_states
from podium.model.base import Frozen
from podium.model.events import EventKind
from podium.model.plans import Approval, Plan, Priority, Task, short_version
from podium.model.progress import NOT_STARTED, TaskProgress, next_tasks
from podium.model.rules.graph import PlanEstimate, estimate
from podium.model.runs import Run
from podium.model.states import PlanState, TaskState
from podium.store import Store
from podium.views.next_steps import as_command, plan_steps
from podium.views.steps import Step


class TaskRow(Frozen):
    """A task in a list."""

    plan_id: str
    id: str
    title: str
    state: TaskState
    priority: Priority
    role: str
    requires: tuple[str, ...]
    files: tuple[str, ...]
    percent: int
    ready: bool
    reason: str
    note: str


class PlanRow(Frozen):
    """A plan in a list."""

    id: str
    objective: str
    state: PlanState
    version: str
    done: int
    total: int
    created_at: datetime


class PlanView(Frozen):
    """A plan with its progress, approval and next steps."""

    plan: Plan
    state: PlanState
    version: str
    approval: Approval | None
    estimate: PlanEstimate
    rows: tuple[TaskRow, ...]
    progress: dict[str, TaskProgress]
    next: str
    """The command to run next."""
    next_steps: tuple[Step, ...] = Field(default=(), exclude=True)
    """The possible next steps, most common first."""


def plan_row(reader: Reader, plan: Plan) -> PlanRow:
    """Return a plan as a row of a list."""
    states = task_states(plan, load_progress(reader, plan.id))
    return PlanRow(
        id=plan.id,
        objective=plan.objective,
        state=state_of_plan(reader, plan),
        version=short_version(plan.version),
        done=sum(state is TaskState.DONE for state in states.values()),
        total=len({*plan.header.task_order, *states}),
        created_at=plan.header.created_at,
    )


def plan_view(store: Store, plan: Plan) -> PlanView:
    """Return a plan with its progress, approval and next steps."""
    progress = load_progress(store, plan.id)
    state = state_of_plan(store, plan)
    active = active_run(store, plan.id)
    runs = all_runs(store, plan.id)
    steps = plan_steps(
        plan,
        state,
        has_run=bool(runs),
        landed=state is PlanState.DONE and bool(runs) and has_landed(store, runs[0]),
        active_run=active.id if active else "",
    )
    return PlanView(
        plan=plan,
        state=state,
        version=short_version(plan.version),
        approval=load_approval(store, plan.id),
        estimate=estimate(plan.tasks),
        rows=task_rows(plan, progress),
        progress=progress,
        next=as_command(steps),
        next_steps=steps,
    )


def has_landed(store: Store, run: Run) -> bool:
    """Return whether the result of the plan's ended run has landed."""
    if run.ended_at is None:
        return False
    return any(
        each.event.kind == EventKind.WORK_LANDED and each.at >= run.ended_at
        for each in store.history(run.plan_id)
    )


def task_rows(plan: Plan, progress: dict[str, TaskProgress]) -> tuple[TaskRow, ...]:
    """Return a plan's tasks as rows of a list."""
    ready = {task.id for task in next_tasks(plan, progress)}
    return tuple(
        _task_row(plan, task, progress.get(task.id, NOT_STARTED), task.id in ready)
        for task in plan.tasks
    )


def _task_row(plan: Plan, task: Task, progress: TaskProgress, ready: bool) -> TaskRow:
    return TaskRow(
        plan_id=plan.id,
        id=task.id,
        title=task.title,
        state=progress.state,
        priority=task.priority,
        role=task.role,
        requires=task.requires,
        files=task.files.all,
        percent=progress.percent,
        ready=ready,
        reason=progress.reason,
        note=progress.note,
    )
