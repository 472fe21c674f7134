"""finding.list: list the findings of audits and gates."""

from collections.abc import Iterable, Sequence
from functools import partial

from pydantic import Field

from podium.model.base import Frozen
from podium.model.findings import Finding, Severity
from podium.model.states import FindingStatus
from podium.operations.engine import Engine
from podium.operations.filters import Filter
from podium.operations.finding.views import all_findings, currently_located, worst_first
from podium.operations.listing import Listing
from podium.operations.operation import Effect, operation
from podium.syntax import ProblemCode

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
    stale: int
    """The number of findings that a filter for open ones leaves out because their code is gone."""


@operation("finding.list", Effect.READ)
async def list(engine: Engine, params: ListParams) -> FindingList:  # noqa: A001 - the verb's own name
    """List findings, most severe first; by default only open ones.

    Raises:
        ValidationError: the filter is invalid, or names a value that does not exist.
    """
    stored = all_findings(engine.store)
    wanted = _LISTING.parsed(params.where, {"category": partial(_categories, stored)})
    located = await currently_located(engine, _candidates(stored, wanted))
    rows = [each for each in located if _LISTING.accepts(wanted, each)]
    return FindingList(
        findings=tuple(sorted(rows, key=worst_first)[: params.limit]),
        total=len(rows),
        stale=_count_hidden(located, wanted),
    )


def _candidates(stored: Iterable[Finding], wanted: Filter) -> Sequence[Finding]:
    """Return the findings that a filter may accept after they were located in the current files.

    That changes the path, which the words of a filter also match, and makes open ones stale.
    """
    statuses = wanted.fields.get("status", (FindingStatus.OPEN,))
    with_open = not {FindingStatus.OPEN, FindingStatus.STALE}.isdisjoint(statuses)
    lasting = Filter(wanted.without("status", "path").fields, ())
    return [
        each
        for each in stored
        if _LISTING.accepts(lasting, each) and (with_open or each.status is not FindingStatus.OPEN)
    ]


def _count_hidden(located: Iterable[Finding], wanted: Filter) -> int:
    """Return the number of stale findings that a filter for open ones leaves out."""
    statuses = wanted.fields.get("status", ())
    if FindingStatus.OPEN not in statuses or FindingStatus.STALE in statuses:
        return 0
    others = wanted.without("status")
    stale = (each for each in located if each.status is FindingStatus.STALE)
    return sum(_LISTING.accepts(others, each) for each in stale)


def _categories(stored: Iterable[Finding]) -> Iterable[str]:
    """Return the categories of findings, and those of the syntax auditor."""
    found = sorted({each.category for each in stored})
    return (*found, *(f"syntax.{code}" for code in ProblemCode))


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
    names=FIELDS,
    fields=_fields,
    text=lambda each: f"{each.path} {each.message}",
    vocabulary={"status": lambda: FindingStatus, "severity": lambda: Severity},
)
