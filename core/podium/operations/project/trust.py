"""project.trust: let the project's settings choose agents and commands on this machine."""

from typing import Any

from podium.model.base import Frozen
from podium.model.config import executable_settings
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person
from podium.projects import trust as trusting


class TrustParams(Frozen):
    """Nothing is asked."""


class TrustResult(Frozen):
    """What is trusted now."""

    root: str
    settings: dict[str, Any]
    next: str


@operation("project.trust", Effect.WRITE)
async def trust(engine: Engine, params: TrustParams) -> TrustResult:
    """Trust this project's settings, as they are now, to run agents and commands.

    Raises:
        NotApproved: somebody else than a person asked.
    """
    del params
    require_person(engine, "trust a project's settings")
    config = engine.config.project
    trusting.trust(engine.root, config)
    return TrustResult(
        root=str(engine.root), settings=executable_settings(config), next="podium run"
    )
