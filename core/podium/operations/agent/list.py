"""agent.list: list the agents, also those that are not installed."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import anyio
import anyio.to_thread

from podium.agents.health import HealthStore
from podium.agents.registry import agent_names, load_agent
from podium.agents.user.credentials import EnvFile
from podium.errors import PodiumError
from podium.model.agents import AgentSpec, AskKind, Availability, Login, LoginState
from podium.model.base import Frozen
from podium.model.config import AgentsConfig
from podium.model.rules.agents.agent_policy import login_of
from podium.operations.agent.logins import (
    LoginHealth,
    configured_logins,
    health_view,
    options_of,
)
from podium.operations.engine import Place
from podium.operations.operation import Effect, operation
from podium.ports.agent import AsksFirst, ShowsLogin


class ListParams(Frozen):
    """`agent.list` has no parameters."""


class AgentRow(Frozen):
    """One agent, or one login of an agent that has several."""

    name: str
    """The agent, or `agent@login`."""
    title: str
    usable: bool
    """Whether it can be started here; whether its service accepts the login is not known."""
    version: str = ""
    login: LoginState = LoginState.UNKNOWN
    login_place: str = ""
    resting_until: datetime | None = None
    reason: str = ""
    """Why it rests or cannot be used, or a warning."""
    roles: tuple[str, ...] = ()
    """The roles for which the settings choose it; with `, fallback` if another one is preferred."""
    asks: tuple[AskKind, ...] | None = None
    """The kinds of actions that it never takes without asking; None if unknown."""
    unasked: tuple[AskKind, ...] = ()
    """The kinds in `agents.ask` that are not among them: if it does not ask, its role decides."""
    how_to_get: str = ""
    """How to install it and log in."""


class AgentTable(Frozen):
    """All agents: first the usable ones, then the others."""

    agents: tuple[AgentRow, ...]
    ways: tuple[str, ...] = ()
    """If no agent is usable: the three quickest ways to get one."""


_ORDER = (
    *("claude", "codex", "gemini", "copilot", "opencode", "qwen", "kimi", "vibe", "kilo"),
    *("droid", "qoder", "cline", "auggie", "pi", "aider", "api", "playbook", "acp"),
)
"""How likely people are to have them; other agents come last."""
_QUICKEST = ("claude", "codex", "gemini")
_UNSEEN = Login(state=LoginState.UNKNOWN)
_WITHOUT_A_MODEL = frozenset({"playbook", "acp"})


@operation("agent.list", Effect.READ)
async def list(place: Place, params: ListParams) -> AgentTable:  # noqa: A001 - the verb
    """List all agents: version, login, rest and role here, and how to get those that are missing.

    No agent is called, so an expired login is only noticed when the agent is tested.
    """
    del params
    now = place.clock.now()
    health = {each.login: health_view(each, now) for each in HealthStore().read_all().values()}
    found = await _examine_all(place, health)
    rows = [_row(login, place.config.config.agents, health, each) for login, each in found.items()]
    rows.sort(key=_place_in_table)
    is_any_usable = any(row.usable and row.name not in _WITHOUT_A_MODEL for row in rows)
    hints = {row.name: row.how_to_get for row in rows}
    ways = () if is_any_usable else tuple(hints[name] for name in _QUICKEST if name in hints)
    return AgentTable(agents=tuple(rows), ways=ways)


def _place_in_table(row: AgentRow) -> tuple[bool, int, str]:
    agent = row.name.partition("@")[0]
    return not row.usable, _ORDER.index(agent) if agent in _ORDER else len(_ORDER), row.name


@dataclass(frozen=True)
class _Found:
    """What is known about an agent here; no description if it cannot be loaded."""

    spec: AgentSpec | None
    state: Availability
    login: Login = _UNSEEN
    asks: tuple[AskKind, ...] | None = None


async def _examine_all(place: Place, health: Mapping[str, LoginHealth]) -> dict[str, _Found]:
    """Examine the agents of all known logins at once: each may take a second to state its version.

    Returns:
        the results by login.
    """
    agents = place.config.config.agents
    names = agent_names()
    stored = [login for login in health if login.partition("@")[0] in names]
    logins = dict.fromkeys((*names, *configured_logins(agents), *stored))
    variables = await anyio.to_thread.run_sync(_environment, place)
    found: dict[str, _Found] = {}

    async def examine(login: str) -> None:
        # Querying an agent's version executes a command from the settings.
        name, options = options_of(login, place)
        found[login] = await anyio.to_thread.run_sync(_examine, name, options, variables)

    async with anyio.create_task_group() as group:
        for login in logins:
            group.start_soon(examine, login)
    return {login: found[login] for login in logins}


def _environment(place: Place) -> Mapping[str, str]:
    """Return the environment variables that a call would get."""
    return {**(EnvFile(place.home).variables() if place.home else {}), **os.environ}


def _examine(name: str, options: dict[str, str], environment: Mapping[str, str]) -> _Found:
    try:
        agent = load_agent(name)
        spec = agent.describe()
        if missing := [each for each in spec.required_options if each not in options]:
            reason = f"needs the option {', '.join(missing)}"
            return _Found(spec, Availability(available=False, reason=reason))
        login = agent.login(options, environment) if isinstance(agent, ShowsLogin) else _UNSEEN
        asks = agent.asks(options) if isinstance(agent, AsksFirst) else None
        return _Found(spec, agent.available(options), login, asks)
    except PodiumError as error:
        return _Found(None, Availability(available=False, reason=error.what))


def _row(
    login: str, agents: AgentsConfig, health: Mapping[str, LoginHealth], found: _Found
) -> AgentRow:
    known, state = health.get(login) or LoginHealth(login=login), found.state
    return AgentRow(
        name=login,
        title=found.spec.title if found.spec else login,
        usable=state.available,
        version=state.version,
        login=found.login.state,
        login_place=found.login.place,
        resting_until=known.resting_until,
        reason=known.reason or state.reason or state.warning,
        roles=_roles(login, agents),
        asks=found.asks,
        unasked=tuple(each for each in agents.ask if each not in (found.asks or ())),
        how_to_get=found.spec.install_hint if found.spec else "",
    )


def _roles(login: str, agents: AgentsConfig) -> tuple[str, ...]:
    found = ["default"] if login == agents.default else []
    for role, choice in agents.roles.items():
        logins = [login_of(each) for each in choice.chain]
        if login in logins:
            found.append(role if logins[0] == login else f"{role}, fallback")
    return tuple(found)
