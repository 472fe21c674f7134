"""finding.reopen: reopen a finding."""

from pydantic import Field

from podium.findings.tracking import change_status
from podium.model.base import Frozen
from podium.model.findings import Finding
from podium.model.states import FindingStatus
from podium.operations.engine import Engine
from podium.operations.finding.views import find_finding, shown
from podium.operations.operation import Effect, operation


class ReopenParams(Frozen):
    """Parameters of `finding.reopen`."""

    finding: str = Field(description="id or unique prefix")
    reason: str = Field(default="", description="why the finding matters after all")


@operation("finding.reopen", Effect.WRITE)
async def reopen(engine: Engine, params: ReopenParams) -> Finding:
    """Reopen a finding that was fixed, dismissed or stale.

    Raises:
        StateTransitionError: the finding is open.
        FindingNotFound: no finding has this id.
    """
    changed = engine.store.transact(
        lambda tx: change_status(
            tx, find_finding(tx, params.finding), FindingStatus.OPEN, params.reason
        )
    )
    return shown(changed)
