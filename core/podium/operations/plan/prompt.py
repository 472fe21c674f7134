"""plan.prompt: return the prompt that asks for a plan, for a face that can ask a model itself."""

from pydantic import Field

from podium.agents.architect import prompt_at
from podium.agents.selection import resolve_agent
from podium.dialogue.prompts.roles import Depth
from podium.errors import AgentUnavailable, NotTrusted, ValidationError
from podium.model.agents import Role
from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.plan.create import check_length
from podium.operations.plan.drafting import no_objective
from podium.projects.repositories import open_repository
from podium.projects.trust import check_trusted


class PromptParams(Frozen):
    """Parameters of `plan.prompt`."""

    objective: str = Field(description="what to do, in your own words")
    depth: Depth = Field(default=Depth.NORMAL, description="how thoroughly to plan")


class PlanPrompt(Frozen):
    """The prompt for a plan."""

    prompt: str
    agent: str
    """The agent that the settings choose as the architect; empty if none can be used here."""


@operation("plan.prompt", Effect.READ)
async def prompt(engine: Engine, params: PromptParams) -> PlanPrompt:
    """Return the architect's prompt for an objective; `plan.create` takes the reply.

    Raises:
        ValidationError: the objective is missing or too long.
    """
    objective = params.objective.strip()
    if not objective:
        raise no_objective()
    check_length(objective)
    repository = await open_repository(engine.root)
    head = await repository.head()
    text = await prompt_at(repository, head.commit, objective, params.depth)
    return PlanPrompt(prompt=text, agent=_architect(engine))


def _architect(engine: Engine) -> str:
    try:
        check_trusted(engine.root, engine.config.project)
        return resolve_agent(engine.root, engine.config.config, Role.ARCHITECT, None).agent
    except (AgentUnavailable, NotTrusted, ValidationError):
        return ""
