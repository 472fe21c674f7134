"""finding.settle: say how a finding stands now."""

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
    """What is asked."""

    finding: str = Field(description="id or unique prefix")
    status: FindingStatus = Field(description="open, fixed, dismissed or stale")
    reason: str = Field(default="", description="why; needed to dismiss one")


@operation("finding.settle", Effect.WRITE)
async def settle(engine: Engine, params: SettleParams) -> Finding:
    """Say that a finding is fixed, dismissed or open again; what it says already stays.

    Raises:
        StateTransitionError: the status cannot follow; the legal ones are named.
        ValidationError: dismissed without a reason.
        FindingNotFound: nothing answers to the id.
    """
    if params.status is FindingStatus.DISMISSED and not params.reason:
        raise ValidationError("A finding is dismissed with a reason", hints=["say why"])

    def settle_finding(tx: Transaction) -> Finding:
        finding = find_finding(tx, params.finding)
        if finding.status is params.status:
            return finding
        return change_status(tx, finding, params.status, params.reason)

    return shown(engine.store.transact(settle_finding))
