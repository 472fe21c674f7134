"""plan_create: drafts a plan from an objective and its tasks."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator

from podium.errors import ValidationError
from podium_mcp.context.calls import Call
from podium_mcp.presenters.plans import plan_facts
from podium_mcp.presenters.results import Facts
from podium_mcp.tools.arguments import Text, few
from podium_mcp.tools.plans.new_task import new_task_model
from podium_mcp.tools.plans.task_documents import free_id, task_document
from podium_mcp.tools.tool import Hint, Input, Tier, Tool

if TYPE_CHECKING:
    NewTask = Input
else:
    NewTask = new_task_model()


class PlanCreate(Input):
    """The arguments of plan_create."""

    objective: Text
    tasks: Annotated[list[NewTask], AfterValidator(lambda v: few(v, 500))]
    summary: Text | None = None


async def plan_create(call: Call, given: PlanCreate) -> Facts:
    """Draft a plan from an objective and its tasks."""
    if not given.tasks:
        raise ValidationError(
            "A plan needs tasks",
            why="you write them: small, each with acceptance criteria and the files it touches",
            hints=["plan_create with tasks", 'podium plan "…" --agent NAME lets an agent draft'],
        )
    tasks = [
        task_document(task.model_dump(exclude_none=True), call.project.folder)
        for task in given.tasks
    ]
    _fill_ids(tasks)
    draft = {"summary": given.summary or "", "tasks": tasks}
    view = await call.operate("plan.create", objective=given.objective, tasks=draft)
    return plan_facts(view)


def _fill_ids(tasks: list[dict[str, Any]]) -> None:
    """Number the tasks without an id by position: t1, t2, …"""
    taken = {task["id"] for task in tasks if "id" in task}
    for place, task in enumerate(tasks, 1):
        task.setdefault("id", free_id(taken, place))
        taken.add(task["id"])


TOOL = Tool(
    name="plan_create",
    order=10,
    description="Draft a plan: small tasks with acceptance criteria. "
    "Nothing runs. Then call plan_approve.",
    hint=Hint.ADDS,
    input=PlanCreate,
    handler=plan_create,
    tier=Tier.CORE,
    hot=True,
    serves={"plan.create": "plan_create"},
)
