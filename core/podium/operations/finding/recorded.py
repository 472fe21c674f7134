"""finding.recorded: return findings as they are stored, for a face that locates them itself."""

from pydantic import Field

from podium.model import layout
from podium.model.base import Frozen
from podium.model.findings import Finding
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation


class RecordedParams(Frozen):
    """Parameters of `finding.recorded`."""

    findings: tuple[str, ...] | None = Field(
        default=None, description="only the findings with these ids; by default all"
    )


class RecordedFindings(Frozen):
    """Findings with their anchors, not located in the current files."""

    findings: tuple[Finding, ...]


@operation("finding.recorded", Effect.READ)
async def recorded(engine: Engine, params: RecordedParams) -> RecordedFindings:
    """Return findings as they are stored; ids without a finding are omitted."""
    if params.findings is None:
        return RecordedFindings(findings=tuple(engine.store.list(layout.findings()).values()))
    found = (engine.store.get(layout.finding(each)) for each in params.findings)
    return RecordedFindings(findings=tuple(each for each in found if each is not None))
