"""plan_check: reports what is still open in a plan."""

from podium.model.progress import PlanCheck
from podium_mcp.context.calls import Call
from podium_mcp.presenters.results import Facts
from podium_mcp.tools.arguments import Id
from podium_mcp.tools.tool import Hint, Input, Tier, Tool

_MOST_REASONS = 30


class OnePlan(Input):
    """The arguments of plan_check."""

    plan: Id | None = None


async def plan_check(call: Call, given: OnePlan) -> Facts:
    """Report the reasons why a plan is not complete."""
    verdict: PlanCheck = await call.operate("plan.check", plan=given.plan)
    facts: Facts = {
        "plan": verdict.plan_id,
        "complete": verdict.complete,
        "done": f"{verdict.done}/{verdict.total}",
        "open": list(verdict.reasons[:_MOST_REASONS]),
    }
    if len(verdict.reasons) > _MOST_REASONS:
        facts["more"] = len(verdict.reasons) - _MOST_REASONS
    if verdict.complete:
        return facts | {"next": "tell the person; podium land lands the result of a run"}
    return facts | {"next": f"task_next {verdict.plan_id}"}


TOOL = Tool(
    name="plan_check",
    order=50,
    description="List open tasks, evidence and findings. "
    "Call before you report the work as finished.",
    hint=Hint.READS,
    input=OnePlan,
    handler=plan_check,
    tier=Tier.CORE,
    serves={"plan.check": "plan_check {plan}"},
)
