"""task.show: show one task in full, with its history."""

from pydantic import Field

from podium.entities.plans import load_plan
from podium.entities.runs import all_runs, load_task_runs
from podium.entities.tasks import find_task, load_progress
from podium.model.base import Frozen
from podium.model.events import Recorded
from podium.model.plans import Task
from podium.model.progress import TaskProgress, missing_evidence
from podium.model.rules.graph import dependants
from podium.model.runs import TaskRun
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.views.next_steps import task_steps
from podium.views.steps import Step


class ShowParams(Frozen):
    """Parameters of `task.show`."""

    task: str = Field(description="id, unique prefix, or plan/task")


class TaskView(Frozen):
    """A task with its progress, latest run and history."""

    plan_id: str
    task: Task
    progress: TaskProgress
    missing: tuple[str, ...]
    """Criteria without evidence."""
    required_by: tuple[str, ...]
    last_run: TaskRun | None
    history: tuple[Recorded, ...]
    next_steps: tuple[Step, ...] = Field(default=(), exclude=True)
    """The possible next steps, most common first."""


@operation("task.show", Effect.READ)
async def show(engine: Engine, params: ShowParams) -> TaskView:
    """Show a task: criteria, evidence, attempts and history.

    Raises:
        TaskNotFound: no task has this id.
    """
    plan, task = find_task(engine.store, params.task)
    return task_view(engine, plan.id, task.id)


def task_view(engine: Engine, plan_id: str, task_id: str) -> TaskView:
    """Return a task with its progress, latest run and history."""
    plan = load_plan(engine.store, plan_id)
    task = plan.task(task_id)
    progress = load_progress(engine.store, plan_id).get(task_id, TaskProgress())
    runs = all_runs(engine.store, plan_id)
    last = next((run for run in runs if task_id in run.task_ids), None)
    return TaskView(
        plan_id=plan_id,
        task=task,
        progress=progress,
        missing=missing_evidence(task, progress.evidence),
        required_by=tuple(sorted(dependants(plan.tasks, task_id))),
        last_run=load_task_runs(engine.store, last)[task_id] if last else None,
        history=tuple(engine.store.history(f"{plan_id}/{task_id}")),
        next_steps=task_steps(plan_id, task_id, progress.state),
    )
