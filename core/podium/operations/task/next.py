"""task.next: list the tasks that can start now."""

from pydantic import Field

from podium.entities.plans import find_plan
from podium.entities.tasks import load_progress
from podium.model.base import Frozen
from podium.model.progress import next_tasks
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.views import TaskRow, task_rows


class NextParams(Frozen):
    """Parameters of `task.next`."""

    plan: str = Field(default="", description="id or unique prefix; by default the newest plan")
    limit: int = Field(default=3, ge=1, le=100, description="maximum number of results")


class NextTasks(Frozen):
    """The tasks that can start now, most urgent first."""

    plan_id: str
    tasks: tuple[TaskRow, ...]
    waiting: int
    """Number of tasks that are not done but cannot start yet."""


@operation("task.next", Effect.READ)
async def next(engine: Engine, params: NextParams) -> NextTasks:  # noqa: A001 - the verb's own name
    """Show which tasks can start now, most urgent first.

    Raises:
        PlanNotFound: no plan has this id.
    """
    plan = find_plan(engine.store, params.plan)
    progress = load_progress(engine.store, plan.id)
    rows = {row.id: row for row in task_rows(plan, progress)}
    ready = next_tasks(plan, progress)
    pending = sum(row.state in {"pending", "blocked"} for row in rows.values())
    return NextTasks(
        plan_id=plan.id,
        tasks=tuple(rows[task.id] for task in ready[: params.limit]),
        waiting=pending - len(ready),
    )
