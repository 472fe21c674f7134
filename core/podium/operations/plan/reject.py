"""plan.reject: reject a plan with a reason."""

from pydantic import Field

from podium.model.base import Frozen
from podium.model.plans import Decision
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person
from podium.operations.plan.decisions import decide_plan
from podium.operations.views import PlanView, plan_view


class RejectParams(Frozen):
    """Parameters of `plan.reject`."""

    plan: str = Field(default="", description="id or unique prefix; by default the newest plan")
    reason: str = Field(min_length=1, description="the reason, which is stored with the plan")


@operation("plan.reject", Effect.WRITE)
async def reject(engine: Engine, params: RejectParams) -> PlanView:
    """Reject a plan with a reason.

    Raises:
        NotApproved: the requester is not a person.
        PlanNotFound: no plan has this id.
    """
    require_person(engine, "reject a plan")
    plan = decide_plan(engine, params.plan, "", Decision.REJECTED, params.reason)
    return plan_view(engine.store, plan)
