"""finding.dismiss: dismiss a finding with a reason."""

from pydantic import Field

from podium.findings.tracking import change_status
from podium.model.base import Frozen
from podium.model.findings import Finding
from podium.model.states import FindingStatus
from podium.operations.engine import Engine
from podium.operations.finding.views import find_finding, shown
from podium.operations.operation import Effect, operation


class DismissParams(Frozen):
    """Parameters of `finding.dismiss`."""

    finding: str = Field(description="id or unique prefix")
    reason: str = Field(min_length=1, description="why it does not matter")


@operation("finding.dismiss", Effect.WRITE)
async def dismiss(engine: Engine, params: DismissParams) -> Finding:
    """Dismiss a finding with a reason; it is kept, but no longer shown or reported.

    Raises:
        StateTransitionError: the finding is not open.
        FindingNotFound: no finding has this id.
    """

    changed = engine.store.transact(
        lambda tx: change_status(
            tx, find_finding(tx, params.finding), FindingStatus.DISMISSED, params.reason
        )
    )
    return shown(changed)
