"""finding.settle: set the status of a finding."""

from pydantic import Field

from podium.errors import ValidationError
from podium.findings.tracking import change_status
from podium.model.base import Frozen
from podium.model.findings import Finding
from podium.model.states import FindingStatus
from podium.operations.engine import Engine
from podium.operations.finding.views import find_finding, shown
from podium.operations.operation import Effect, operation
from podium.store import Transaction


class SettleParams(Frozen):
    """Parameters of `finding.settle`."""

    finding: str = Field(description="id or unique prefix")
    status: FindingStatus = Field(description="open, fixed, dismissed or stale")
    reason: str = Field(default="", description="the reason; required to dismiss a finding")


@operation("finding.settle", Effect.WRITE)
async def settle(engine: Engine, params: SettleParams) -> Finding:
    """Set the status of a finding: open, fixed, dismissed or stale.

    Does nothing if the finding already has the status.

    Raises:
        StateTransitionError: the transition is not allowed; the message lists the legal ones.
        ValidationError: a dismissal has no reason.
        FindingNotFound: no finding has this id.
    """
    if params.status is FindingStatus.DISMISSED and not params.reason:
        raise ValidationError("Dismissing a finding needs a reason", hints=["give a reason"])

    def settle_finding(tx: Transaction) -> Finding:
        finding = find_finding(tx, params.finding)
        if finding.status is params.status:
            return finding
        return change_status(tx, finding, params.status, params.reason)

    return shown(engine.store.transact(settle_finding))
