"""finding.show: show one finding."""

from pydantic import Field

from podium.model.base import Frozen
from podium.model.findings import Finding
from podium.operations.engine import Engine
from podium.operations.finding.views import currently_located, find_finding
from podium.operations.operation import Effect, operation


class ShowParams(Frozen):
    """Parameters of `finding.show`."""

    finding: str = Field(description="id or unique prefix")


@operation("finding.show", Effect.READ)
async def show(engine: Engine, params: ShowParams) -> Finding:
    """Show a finding at its current location.

    Raises:
        FindingNotFound: no finding has this id.
    """
    (now,) = await currently_located(engine, [find_finding(engine.store, params.finding)])
    return now
