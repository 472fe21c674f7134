"""plan_create: drafts a plan from an objective and its tasks."""

from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import AfterValidator, model_validator

from podium.errors import AgentFailed, InvalidPlan, InvalidReply, ValidationError
from podium.operations.views import PlanView
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

    @model_validator(mode="before")
    @classmethod
    def _accept_no_tasks(cls, given: Any) -> Any:
        """Accept no tasks, although models see them as required because they should write them."""
        if not isinstance(given, dict) or "objective" not in given:
            return cast("Any", given)
        return {"tasks": [], **cast("dict[str, Any]", given)}


async def plan_create(call: Call, given: PlanCreate) -> Facts:
    """Draft a plan from an objective and its tasks, or have the host's model write the tasks."""
    if not given.tasks:
        return plan_facts(await _draft_by_host(call, given.objective))
    tasks = [
        task_document(task.model_dump(exclude_none=True), call.project.folder)
        for task in given.tasks
    ]
    _fill_ids(tasks)
    draft = {"summary": given.summary or "", "tasks": tasks}
    view = await call.operate("plan.create", objective=given.objective, tasks=draft)
    return plan_facts(view)


async def _draft_by_host(call: Call, objective: str) -> PlanView:
    """Ask the host's model once for a plan, if there is no architect.

    Raises:
        ValidationError: it cannot be asked, refused, or replied without a valid plan.
    """
    if not call.model.is_offered:
        raise _needs_tasks()
    found = await call.operate("plan.prompt", objective=objective)
    if found.agent:
        raise _needs_tasks()
    try:
        reply = await call.model.reply(found.prompt)
        view: PlanView = await call.operate("plan.create", objective=objective, reply=reply)
    except (AgentFailed, InvalidReply, InvalidPlan) as error:
        raise _needs_tasks(f"the host's own model was asked: {error}; ") from error
    return view


def _needs_tasks(tried: str = "") -> ValidationError:
    return ValidationError(
        "A plan needs tasks",
        why=f"{tried}you write them: small, each with acceptance criteria and the files it touches",
        hints=[
            "plan_create with tasks",
            'or ask the person to let an agent draft: podium plan "…" --agent NAME',
        ],
    )


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
