"""agent.rest: let an agent rest until a time."""

from pydantic import Field

from podium.agents.health import HealthStore
from podium.errors import ValidationError
from podium.model.agents import AgentHealth
from podium.model.base import Frozen
from podium.model.rules.moments import future_time
from podium.operations.agent.logins import LoginHealth, health_view, require_login
from podium.operations.engine import Place
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person_for


class RestParams(Frozen):
    """Parameters of `agent.rest`."""

    agent: str = Field(description="the agent, or `agent@login` for one of several logins")
    until: str = Field(
        description="a time such as 14:30 or 2026-12-01 09:00, or a duration such as 90m, 2h or 3d"
    )


@operation("agent.rest", Effect.WRITE)
async def rest(place: Place, params: RestParams) -> LoginHealth:
    """Let an agent rest: no project of yours calls it until then; its calls in progress finish.

    Raises:
        NotApproved: the requester is not a person.
        ValidationError: there is no such agent, or the time cannot be read or is past.
    """
    require_person_for(place.actor, "let an agent rest")
    login = require_login(params.agent)
    now = place.clock.now()
    try:
        until = future_time(params.until, now.astimezone())
    except ValueError as error:
        raise ValidationError(
            f"{params.until!r} is not a time to rest until",
            why=str(error),
            hints=[
                f"podium agents rest {login} --until 2h",
                f"podium agents rest {login} --until 14:30",
            ],
        ) from error

    def change(health: AgentHealth) -> AgentHealth:
        given = {"resting_until": until, "reason": "a person let it rest", "by_hand": True}
        return health.model_copy(update={**given, "outcome": None, "trial": ""})

    return health_view(HealthStore().change(login, change), now)
