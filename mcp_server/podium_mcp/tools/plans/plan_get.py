"""plan_get: reads one plan, one of its tasks, or the list of plans."""

from typing import Literal

from pydantic import Field

from podium.operations.text.lines import line
from podium_mcp.context.calls import Call
from podium_mcp.presenters.paging import page_of, start_of
from podium_mcp.presenters.plans import plan_facts, whole_plan_facts
from podium_mcp.presenters.results import Facts
from podium_mcp.presenters.tasks import task_facts
from podium_mcp.sanitize import one_line
from podium_mcp.tools.arguments import Cursor, Id
from podium_mcp.tools.tool import Hint, Input, Tier, Tool


class PlanGet(Input):
    """The arguments of plan_get."""

    plan: Id | None = Field(None, description="default: list plans")
    task: Id | None = None
    detail: Literal["brief", "full"] = "brief"
    cursor: Cursor | None = None


async def plan_get(call: Call, given: PlanGet) -> Facts:
    """Read one plan, one of its tasks, or the list of plans."""
    start = start_of(given.cursor)
    if given.task is not None:
        name = f"{given.plan}/{given.task}" if given.plan and "/" not in given.task else given.task
        return task_facts(await call.operate("task.show", task=name))
    if given.plan is None:
        return await _plan_list(call, start)
    view = await call.operate("plan.show", plan=given.plan)
    return plan_facts(view, start) if given.detail == "brief" else whole_plan_facts(view)


async def _plan_list(call: Call, start: int) -> Facts:
    found = await call.operate("plan.list", limit=1000)
    rows = [one_line(line(row), 200) for row in found.plans[start:]]
    shown, following = page_of(rows, start, found.total)
    then = f"plan_get {found.plans[start].id}" if rows else "plan_create"
    return {"plans": shown} | following | {"next": then}


TOOL = Tool(
    name="plan_get",
    order=20,
    description="Read a plan, one of its tasks, or the list of plans.",
    hint=Hint.READS,
    input=PlanGet,
    handler=plan_get,
    tier=Tier.CORE,
    serves={
        "plan.show": "plan_get {plan}",
        "plan.list": "plan_get without a plan",
        "task.list": "plan_get {plan}",
    },
)
