"""finding.list: list the findings of audits and gates."""

from pydantic import Field

from podium.model.base import Frozen
from podium.model.findings import Finding
from podium.operations.engine import Engine
from podium.operations.finding.views import all_findings, currently_located
from podium.operations.listing import Listing
from podium.operations.operation import Effect, operation

FIELDS = ("status", "severity", "category", "path", "plan", "task", "run")


class ListParams(Frozen):
    """Parameters of `finding.list`."""

    where: str = Field(
        default="status:open", description="filter, such as `severity:error path:src/a.py`"
    )
    limit: int = Field(default=100, ge=1, le=10_000, description="maximum number of results")


class FindingList(Frozen):
    """Findings, most severe first."""

    findings: tuple[Finding, ...]
    total: int


@operation("finding.list", Effect.READ)
async def list(engine: Engine, params: ListParams) -> FindingList:  # noqa: A001 - the verb's own name
    """List findings, most severe first; by default only open ones.

    Raises:
        ValidationError: the filter is invalid.
    """
    found = _LISTING.listed(all_findings(engine.store), params.where, params.limit)
    now = await currently_located(engine, found.rows)
    # After relocation, a finding may no longer match the filter.
    rows = tuple(filter(_LISTING.predicate(params.where), now))
    return FindingList(findings=rows, total=found.total - len(now) + len(rows))


def _fields(finding: Finding) -> dict[str, tuple[str, ...]]:
    return {
        "status": (finding.status,),
        "severity": (finding.severity,),
        "category": (finding.category,),
        "path": (finding.path,),
        "plan": (finding.plan_id,),
        "task": (finding.task_id,),
        "run": (finding.run_id,),
    }


_LISTING = Listing[Finding](
    names=FIELDS, fields=_fields, text=lambda each: f"{each.path} {each.message}"
)
