"""plan_approve: asks the person, the only one who can approve a plan."""

from podium.errors import ValidationError
from podium.model.states import PlanState
from podium.operations.views import PlanView
from podium_mcp.context.calls import Call, operate
from podium_mcp.presenters.plans import next_for_plan
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
            why="an approval covers only the version that was read",
            hints=[f"plan_get {view.plan.id}, then plan_approve with its version"],
        )
    if view.state not in (PlanState.DRAFT, PlanState.REJECTED):
        return _approved(view)
    if not call.asker.can_ask:
        return {
            "plan": view.plan.id,
            "state": view.state,
            "approved": False,
            "why": "this host cannot ask the person, and only a person can approve",
            "next": f"ask the person to run `podium approve {view.plan.id}` in a terminal",
        }
    if not await call.asker.confirm(f"approve-{view.plan.id}", approval_question(view)):
        return {
            "plan": view.plan.id,
            "state": view.state,
            "approved": False,
            "next": "ask the person what to change, then plan_update",
        }
    with call.project.as_person() as engine:
        agreed = view.plan.version
        return _approved(await operate(engine, "plan.approve", plan=view.plan.id, version=agreed))


def approval_question(view: PlanView) -> str:
    """Return the question: counts only, without any text from a model."""
    plan = view.plan
    commands = sum(bool(c.command) for task in plan.tasks for c in task.acceptance)
    files = {path for task in plan.tasks for path in task.files.all}
    return (
        f"Approve plan {plan.id}, version {view.version}? "
        f"Tasks: {len(plan.tasks)}. Declared files: {len(files)}. "
        f"Commands run as checks: {commands}. Estimate: {view.estimate.total_minutes:.0f} min. "
        f"To read it first: podium show {plan.id}"
    )


def _approved(view: PlanView) -> Facts:
    return {
        "plan": view.plan.id,
        "version": view.version,
        "state": view.state,
        "approved": True,
        "next": next_for_plan(view),
    }


TOOL = Tool(
    name="plan_approve",
    order=40,
    description="Ask the person to approve a plan; only they can. Then task_next or run_start.",
    hint=Hint.SETTLES,
    input=PlanApprove,
    handler=plan_approve,
    tier=Tier.CORE,
)
