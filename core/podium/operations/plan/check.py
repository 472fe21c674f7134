"""plan.check: check what is still missing before a plan is complete."""

from pydantic import Field

from podium.entities.plans import find_plan
from podium.entities.tasks import load_progress, recorded_commits
from podium.errors import GitError
from podium.model import layout
from podium.model.base import Frozen
from podium.model.progress import PlanCheck, TaskProgress, check_plan
from podium.model.states import FindingStatus
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.projects.repositories import open_repository
from podium.runs.integration.branch import (
    inspect_integration,
    integration_branch,
)
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
    progress = load_progress(engine.store, plan.id)
    return check_plan(plan, progress, still_open, await _missing_results(engine, plan.id, progress))


async def _missing_results(
    engine: Engine, plan_id: str, progress: dict[str, TaskProgress]
) -> tuple[str, ...]:
    """Return which results are no longer in the repository, one sentence each."""
    recorded = recorded_commits(progress)
    if not recorded:
        return ()
    try:
        repository = await open_repository(engine.root)
    except GitError:
        return ()
    found = await inspect_integration(repository, plan_id, recorded)
    branch = integration_branch(plan_id)
    missing = found.missing or {}
    return (
        *(f"the commit of {each} no longer exists" for each in found.lost),
        *(f"the result of {each} is not on the branch {branch}" for each in missing),
    )
