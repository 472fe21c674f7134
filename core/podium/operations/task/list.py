"""task.list: list the tasks of a plan."""

from pydantic import Field

from podium.entities.plans import find_plan
from podium.entities.tasks import load_progress
from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.task.listing import DEFAULT_LIMIT, MOST, task_listing
from podium.operations.views import TaskRow, task_rows

_LISTING = task_listing(TaskRow)


class ListParams(Frozen):
    """Parameters of `task.list`."""

    where: str = Field(
        default="", description="filter, such as `state:pending priority:high parser`"
    )
    plan: str = Field(default="", description="id or unique prefix; by default the newest plan")
    limit: int = Field(
        default=DEFAULT_LIMIT, ge=1, le=MOST, description="maximum number of results"
    )


class TaskList(Frozen):
    """Tasks in plan order."""

    plan_id: str
    objective: str
    tasks: tuple[TaskRow, ...]
    total: int


@operation("task.list", Effect.READ)
async def list(engine: Engine, params: ListParams) -> TaskList:  # noqa: A001 - the verb's own name
    """List the tasks of a plan, in order, with their states.

    Raises:
        PlanNotFound: no plan has this id.
        ValidationError: the filter is invalid.
    """
    _LISTING.predicate(params.where)  # An invalid filter is refused even if there is no plan.
    plan = find_plan(engine.store, params.plan)
    rows = task_rows(plan, load_progress(engine.store, plan.id))
    found = _LISTING.listed(rows, params.where, params.limit)
    return TaskList(
        plan_id=plan.id,
        objective=plan.objective,
        tasks=found.rows,
        total=found.total,
    )
