"""plan.show: show one plan in full."""

from pydantic import Field

from podium.entities.plans import find_plan
from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.views import PlanView, plan_view


class ShowParams(Frozen):
    """Parameters of `plan.show`."""

    plan: str = Field(default="", description="id or unique prefix; by default the newest plan")


@operation("plan.show", Effect.READ)
async def show(engine: Engine, params: ShowParams) -> PlanView:
    """Show a plan: tasks, criteria, approval, estimate and the next step.

    Raises:
        PlanNotFound: no plan has this id.
    """
    return plan_view(engine.store, find_plan(engine.store, params.plan))
