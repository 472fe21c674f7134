"""Finds the agents and session types that packages provide through entry points."""

from importlib.metadata import EntryPoint

from podium.errors import AgentUnavailable
from podium.model.sessions import BUILT_IN_TYPES
from podium.platform.entry_points import installed, load
from podium.ports.agent import (
    ENTRY_POINT_GROUP,
    LISTS_GROUP,
    Agent,
    AgentCatalog,
    AgentList,
    Preloadable,
)

SESSION_TYPES_GROUP = "podium.session_types"
"""The name of the entry point is the session type; its object is never loaded."""

_preloaded: dict[str, Agent] = {}
"""Agents preloaded in the fork server and in the shims that it forks; empty in other processes."""


def session_types() -> tuple[str, ...]:
    """Return all session types: the built-in ones, then those provided by installed packages."""
    added = [name for name in installed(SESSION_TYPES_GROUP) if name not in BUILT_IN_TYPES]
    return (*BUILT_IN_TYPES, *added)


def agent_names() -> tuple[str, ...]:
    """Return the names of all installed agents, sorted."""
    return tuple(sorted({*installed(ENTRY_POINT_GROUP), *_listed()}))


def preload_agent(name: str) -> bool:
    """Import what the calls of an agent need; return whether anything was imported.

    Only Podium's own agents are preloaded; other packages may read environment variables when they
    are imported, start threads or fail, so they are imported in the process of the call.
    """
    if name in _preloaded:
        return False
    agent = _own_agent(name)
    if agent is None:
        return False
    if isinstance(agent, Preloadable):
        agent.preload()
    _preloaded[name] = agent
    return True


def load_agent(name: str) -> Agent:
    """Load an agent by name.

    Raises:
        AgentUnavailable: no package provides it.
        InternalError: its entry point cannot be loaded.
    """
    if name in _preloaded:
        return _preloaded[name]
    if (entry := installed(ENTRY_POINT_GROUP).get(name)) is not None:
        agent: Agent = load(entry)
        return agent
    if (holder := _listed().get(name)) is None:
        raise AgentUnavailable(
            f"There is no agent named {name!r}",
            why=f"known agents: {', '.join(agent_names()) or 'none'}",
            hints=["podium agents"],
        )
    return holder.load(name)


def registry_text() -> str:
    """Return the copy of the ACP registry that comes with Podium, as JSON text."""
    texts = [each.registry() for each in _catalogs()]
    return texts[0] if texts else '{"agents": []}'


def agent_in_package(package: str) -> str:
    """Return the name of the built-in agent that a package contains, or ""."""
    return next(filter(None, (each.agent_in(package) for each in _catalogs())), "")


def _catalogs() -> list[AgentCatalog]:
    lists = [load(entry) for entry in installed(LISTS_GROUP).values()]
    return [each for each in lists if isinstance(each, AgentCatalog)]


def _listed() -> dict[str, AgentList]:
    """Return the agent lists from packages, by agent name."""
    lists: list[AgentList] = [load(entry) for entry in installed(LISTS_GROUP).values()]
    return {name: each for each in lists for name in each.names()}


def _own_agent(name: str) -> Agent | None:
    """Return the agent with this name if it is Podium's own; other packages are not imported."""
    if (entry := installed(ENTRY_POINT_GROUP).get(name)) is not None:
        return load(entry) if _is_own(entry) else None
    lists = installed(LISTS_GROUP).values()
    if not all(map(_is_own, lists)):
        return None
    holder = _listed().get(name)
    return holder.load(name) if holder else None


def _is_own(entry: EntryPoint) -> bool:
    return entry.dist is not None and entry.dist.name == "podium"
