"""The logins of agents: what a person may name, and their health as every face shows it."""

from datetime import datetime

from podium.agents.registry import agent_names
from podium.errors import ValidationError
from podium.model.agents import AgentHealth
from podium.model.base import Frozen
from podium.model.config import AgentsConfig
from podium.model.rules.agents.agent_policy import login_of
from podium.operations.engine import Place
from podium.projects.trust import is_trusted


class LoginHealth(Frozen):
    """The health of one login."""

    login: str
    resting_until: datetime | None = None
    """Until when it rests; None if it may be called now."""
    reason: str = ""
    """Why it rests."""
    failures: int = 0
    """The number of failures in a row."""


def health_view(health: AgentHealth, now: datetime) -> LoginHealth:
    """Return a login's health as shown to a person."""
    rests = health.is_resting(now)
    return LoginHealth(
        login=health.login,
        resting_until=health.resting_until if rests else None,
        reason=health.reason if rests else "",
        failures=health.failures,
    )


def configured_logins(agents: AgentsConfig) -> tuple[str, ...]:
    """Return the logins that the settings name, in their order, each once."""
    chains = [choice.chain for choice in agents.roles.values()]
    named = [login_of(each) for chain in chains for each in chain]
    return tuple(dict.fromkeys([*([agents.default] if agents.default else []), *named]))


def options_of(login: str, place: Place) -> tuple[str, dict[str, str]]:
    """Return the agent of a login, and its options from the settings.

    Options name programs to execute, so those of untrusted settings are ignored.
    """
    agent, _, own = login.partition("@")
    chosen = {"login": own} if own else {}
    if place.root is not None and not is_trusted(place.root, place.config.project):
        return agent, chosen
    agents = place.config.config.agents
    for choice in agents.roles.values():
        for each in choice.chain:
            if login_of(each) == login:
                chosen = each.options
    return agent, {**agents.options.get(agent, {}), **chosen}


def require_login(login: str) -> str:
    """Check that a login belongs to an agent that Podium knows, and return it.

    Args:
        login: an agent, or `agent@login`.

    Raises:
        ValidationError: there is no such agent.
    """
    agent, at, name = login.partition("@")
    if agent not in agent_names() or (at and not name):
        raise ValidationError(
            f"There is no agent named {login!r}",
            why=f"known agents: {', '.join(agent_names())}",
            hints=["podium agents"],
        )
    return login
