"""plan_approve: asks the person to approve a plan."""

from podium.errors import ValidationError
from podium.model.states import PlanState
from podium.operations.commands import Step, command_line
from podium.operations.perform import Performed, Undecided
from podium.operations.views import PlanView
from podium_mcp.context.calls import Call
from podium_mcp.presenters.plans import plan_next
from podium_mcp.presenters.results import Facts
from podium_mcp.tools.arguments import Id
from podium_mcp.tools.tool import Hint, Input, Tier, Tool


class PlanApprove(Input):
    """The arguments of plan_approve."""

    plan: Id
    version: Id


async def plan_approve(call: Call, given: PlanApprove) -> Facts:
    """Ask the person to approve a plan."""
    view = await call.operate("plan.show", plan=given.plan)
    if not given.version or not view.plan.version.startswith(given.version):
        raise ValidationError(
            f"Plan {view.plan.id} is at version {view.version}, not {given.version}",
            why="an approval covers only the version that the person read",
            hints=[f"plan_get {view.plan.id}, then plan_approve with its version"],
        )
    if view.state not in (PlanState.DRAFT, PlanState.REJECTED):
        return _approved(view)
    outcome = await call.perform("plan.approve", plan=view.plan.id, version=given.version)
    if isinstance(outcome, Performed):
        return _approved(outcome.result)
    open_still: Facts = {"plan": view.plan.id, "state": view.state, "approved": False}
    if isinstance(outcome, Undecided):
        command = command_line(Step(operation="plan.approve", params={"plan": view.plan.id}))
        return open_still | {
            "why": "this host cannot ask the person, and only a person can approve",
            "next": f"ask the person to run `{command}` in a terminal",
        }
    return open_still | {"next": "ask the person what to change, then plan_update"}


def _approved(view: PlanView) -> Facts:
    return {
        "plan": view.plan.id,
        "version": view.version,
        "state": view.state,
        "approved": True,
        "next": plan_next(view),
    }


TOOL = Tool(
    name="plan_approve",
    order=40,
    description="Have the person approve a plan; only they can. Then call task_next or run_start.",
    hint=Hint.SETTLES,
    input=PlanApprove,
    handler=plan_approve,
    tier=Tier.CORE,
    serves={"plan.approve": "plan_approve {plan} {version}"},
)
