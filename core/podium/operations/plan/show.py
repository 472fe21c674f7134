"""plan.show: one plan, whole."""

from pydantic import Field

from podium.entities.plans import find_plan
from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.views import PlanView, plan_view


class ShowParams(Frozen):
    """What is asked."""

    plan: str = Field(default="", description="id or unique prefix; the newest plan if left out")


@operation("plan.show", Effect.READ)
async def show(engine: Engine, params: ShowParams) -> PlanView:
    """Show a plan: tasks, criteria, approval, estimate and what to do next.

    Raises:
        PlanNotFound: nothing answers to the id.
    """
    return plan_view(engine.store, find_plan(engine.store, params.plan))
