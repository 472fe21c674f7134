"""agent.wake: end an agent's rest."""

from pydantic import Field

from podium.agents.health import HealthStore
from podium.model.agents import AgentHealth
from podium.model.base import Frozen
from podium.operations.agent.logins import LoginHealth, health_view, require_login
from podium.operations.engine import Place
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person_for


class WakeParams(Frozen):
    """Parameters of `agent.wake`."""

    agent: str = Field(description="the agent, or `agent@login` for one of several logins")


@operation("agent.wake", Effect.WRITE)
async def wake(place: Place, params: WakeParams) -> LoginHealth:
    """Wake an agent: it may be called again at once, and its failures are forgotten.

    Raises:
        NotApproved: the requester is not a person.
        ValidationError: there is no such agent.
    """
    require_person_for(place.actor, "wake an agent")
    login = require_login(params.agent)

    def change(health: AgentHealth) -> AgentHealth:
        kept = AgentHealth(login=login, last_call=health.last_call)
        return kept.model_copy(update={"tokens": health.tokens, "refilled_at": health.refilled_at})

    return health_view(HealthStore().change(login, change), place.clock.now())
