"""plan.approve: a person lets this exact version of a plan run."""

from pydantic import Field

from podium.model.base import Frozen
from podium.model.plans import Decision
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person
from podium.operations.plan.decisions import decide_plan
from podium.operations.views import PlanView, plan_view


class ApproveParams(Frozen):
    """What is asked."""

    plan: str = Field(default="", description="id or unique prefix; the newest plan if left out")
    version: str = Field(default="", description="the version that was seen; refused if it changed")
    note: str = Field(default="", description="a remark to keep")


@operation("plan.approve", Effect.WRITE)
async def approve(engine: Engine, params: ApproveParams) -> PlanView:
    """Approve this exact version of a plan; any later change makes it a draft again.

    Raises:
        NotApproved: somebody else than a person asked.
        WriteConflict: the plan changed since it was seen.
        InvalidPlan: the plan breaks its rules.
    """
    require_person(engine, "approve a plan")
    plan = decide_plan(engine, params.plan, params.version, Decision.APPROVED, params.note)
    return plan_view(engine.store, plan)
