"""plan.list: list all plans."""

from pydantic import Field

from podium.entities.plans import all_plans
from podium.model.base import Frozen
from podium.model.states import PlanState
from podium.operations.engine import Engine
from podium.operations.listing import Listing
from podium.operations.operation import Effect, operation
from podium.operations.views import PlanRow, plan_row


class ListParams(Frozen):
    """Parameters of `plan.list`."""

    where: str = Field(default="", description="filter, such as `state:draft json`")
    limit: int = Field(default=50, ge=1, le=1000, description="maximum number of results")


class PlanList(Frozen):
    """Plans, newest first."""

    plans: tuple[PlanRow, ...]
    total: int


@operation("plan.list", Effect.READ)
async def list(engine: Engine, params: ListParams) -> PlanList:  # noqa: A001 - the verb's own name
    """List plans, newest first.

    Raises:
        ValidationError: the filter is invalid.
    """
    rows = [plan_row(engine.store, plan) for plan in all_plans(engine.store)]
    found = _LISTING.listed(rows, params.where, params.limit)
    return PlanList(plans=found.rows, total=found.total)


_LISTING = Listing[PlanRow](
    names=("state",),
    fields=lambda row: {"state": (row.state,)},
    text=lambda row: row.objective,
    vocabulary={"state": lambda: PlanState},
)
