"""finding.list: what audits and gates found."""

from pydantic import Field

from podium.model.base import Frozen
from podium.model.findings import Finding
from podium.operations.engine import Engine
from podium.operations.filters import parse_filter
from podium.operations.finding.views import all_findings, standing
from podium.operations.operation import Effect, operation

FIELDS = ("status", "severity", "category", "path", "plan", "task", "run")


class ListParams(Frozen):
    """What is asked."""

    where: str = Field(
        default="status:open", description="filter, for instance `severity:error path:src/a.py`"
    )
    limit: int = Field(default=100, ge=1, le=10_000, description="at most so many")


class FindingList(Frozen):
    """Findings, worst first."""

    findings: tuple[Finding, ...]
    total: int


@operation("finding.list", Effect.READ)
async def list(engine: Engine, params: ListParams) -> FindingList:  # noqa: A001 - the verb's own name
    """List findings, worst first; open ones unless the filter says otherwise.

    Raises:
        ValidationError: the filter cannot be read.
    """
    wanted = parse_filter(params.where, FIELDS)

    def counts(finding: Finding) -> bool:
        return wanted.accepts(_fields(finding), f"{finding.path} {finding.message}")

    kept = [each for each in all_findings(engine.store) if counts(each)]
    now = await standing(engine, kept[: params.limit])
    rows = tuple(each for each in now if counts(each))
    return FindingList(findings=rows, total=len(kept) - len(now) + len(rows))


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
