"""agent.remove: remove an agent that was added."""

from pydantic import Field

from podium.agents.user.added_entries import remove_entry
from podium.errors import ValidationError
from podium.model.base import Frozen
from podium.operations.engine import Place
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person_for
from podium.platform.user_folders import added_agent_names


class RemoveParams(Frozen):
    """Parameters of `agent.remove`."""

    agent: str = Field(description="an agent that was added with `podium agents add`")


class RemovedAgent(Frozen):
    """The name of an agent that was removed."""

    agent: str


@operation("agent.remove", Effect.WRITE)
async def remove(place: Place, params: RemoveParams) -> RemovedAgent:
    """Remove an agent that was added from the registry; its program stays installed.

    Raises:
        NotApproved: the requester is not a person.
        ValidationError: no such agent was added.
    """
    require_person_for(place.actor, "remove an agent")
    added = added_agent_names()
    if params.agent not in added:
        raise ValidationError(
            f"No agent named {params.agent!r} was added",
            why=f"added agents: {', '.join(added) or 'none'}",
            hints=["podium agents"],
        )
    remove_entry(params.agent)
    return RemovedAgent(agent=params.agent)
