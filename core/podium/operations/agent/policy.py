"""agent.policy: show what follows when an agent fails."""

from podium.model.agents import AgentPolicy
from podium.model.base import Frozen
from podium.model.rules.agents.agent_policy import REACTIONS
from podium.operations.engine import Place
from podium.operations.operation import Effect, operation


class PolicyParams(Frozen):
    """`agent.policy` has no parameters."""


class PolicyRow(Frozen):
    """What follows one kind of failure."""

    failure: str
    reaction: str


class PolicyView(Frozen):
    """The reactions to failures, and the settings that apply to them here."""

    reactions: tuple[PolicyRow, ...]
    settings: AgentPolicy


@operation("agent.policy", Effect.READ)
async def policy(place: Place, params: PolicyParams) -> PolicyView:
    """Show what follows when an agent fails: retry, wait, fall back to another one, or fail."""
    del params
    rows = [PolicyRow(failure=str(k), reaction=str(v)) for k, v in REACTIONS.items()]
    return PolicyView(reactions=tuple(rows), settings=place.config.config.agents.policy)
