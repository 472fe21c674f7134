"""project.trust: trust the project's choice of agents and commands on this machine."""

from typing import Any

from pydantic import Field

from podium.model.base import Frozen, content_hash
from podium.model.config import Config, executable_settings
from podium.operations.confirmation import Asking, Confirmation, Fact
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_consent, require_person
from podium.projects import trust as trusting
from podium.views.steps import Step

_DEED = "trust a project's settings"


class TrustParams(Frozen):
    """Parameters of `project.trust`."""

    token: str = Field(default="", description="token of the settings that were shown")


class TrustResult(Frozen):
    """The newly trusted settings."""

    root: str
    settings: dict[str, Any]
    next: str


async def confirm(engine: Engine, params: TrustParams) -> Confirmation:
    """Ask whether to trust the project's current settings for agents and commands."""
    settings = executable_settings(engine.config.project)
    chosen = {name: value for name, value in settings.items() if value}
    return Confirmation(
        operation="project.trust",
        effect=Effect.WRITE,
        subject="the project's settings",
        question="Allow this project's settings to run programs on this machine?",
        brief="Allow these settings to run programs on this machine?",
        yes="Trust",
        deed=_DEED,
        facts=(
            Fact(label="Version", values=(content_hash(settings)[:12],)),
            Fact(label="Settings that need trust", values=(str(len(chosen)),)),
            *(
                Fact(label=name, values=(str(value),), quoted=True)
                for name, value in chosen.items()
            ),
        ),
        read_first=Step(operation="config.show"),
        asking=Asking.UNLESS_NAMED,
        bound=params.model_copy(update={"token": _token(engine.config.project)}),
    )


@operation("project.trust", Effect.WRITE, confirm=confirm)
async def trust(engine: Engine, params: TrustParams) -> TrustResult:
    """Trust this project's current settings to run agents and commands.

    Raises:
        NotApproved: the requester is not a person.
        WriteConflict: the settings have changed since they were shown.
    """
    require_person(engine, _DEED)
    config = engine.config.project
    if params.token:
        require_consent(engine, _DEED, params.token, _token(config), "podium config")
    trusting.trust(engine.root, config)
    return TrustResult(
        root=str(engine.root), settings=executable_settings(config), next="podium run"
    )


def _token(config: Config) -> str:
    return content_hash(executable_settings(config))[:16]
