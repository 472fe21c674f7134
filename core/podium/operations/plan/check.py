"""plan.check: check what a plan still lacks."""

from pydantic import Field

from podium.entities.plans import find_plan
from podium.entities.tasks import load_progress
from podium.model import layout
from podium.model.base import Frozen
from podium.model.progress import PlanCheck, check_plan
from podium.model.states import FindingStatus
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.views.completeness import Completeness, completeness

__all__ = ["CheckParams", "Completeness", "check", "completeness"]


class CheckParams(Frozen):
    """Parameters of `plan.check`."""

    plan: str = Field(default="", description="id or unique prefix; by default the newest plan")


@operation("plan.check", Effect.READ)
async def check(engine: Engine, params: CheckParams) -> PlanCheck:
    """Check a plan for open tasks, criteria without evidence and open findings.

    Raises:
        PlanNotFound: no plan has this id.
    """
    plan = find_plan(engine.store, params.plan)
    findings = engine.store.list(layout.findings()).values()
    still_open = sum(f.plan_id == plan.id and f.status is FindingStatus.OPEN for f in findings)
    return check_plan(plan, load_progress(engine.store, plan.id), still_open)
