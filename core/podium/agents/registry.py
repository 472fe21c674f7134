"""Finds agents and session types that packages provide by entry point."""

from podium.errors import AgentUnavailable
from podium.model.sessions import BUILT_IN_TYPES
from podium.platform.entry_points import installed, load
from podium.ports.agent import ENTRY_POINT_GROUP, LISTS_GROUP, Agent, AgentList

SESSION_TYPES_GROUP = "podium.session_types"
"""The name of the entry point is the session type; its object is never loaded."""


def session_types() -> tuple[str, ...]:
    """Return all session types: the built-in ones, then those of packages."""
    added = [name for name in installed(SESSION_TYPES_GROUP) if name not in BUILT_IN_TYPES]
    return (*BUILT_IN_TYPES, *added)


def agent_names() -> tuple[str, ...]:
    """Return the names of all installed agents, sorted."""
    return tuple(sorted({*installed(ENTRY_POINT_GROUP), *_listed()}))


def load_agent(name: str) -> Agent:
    """Load an agent by name.

    Raises:
        AgentUnavailable: no package provides it.
        InternalError: its entry point cannot be loaded.
    """
    if (entry := installed(ENTRY_POINT_GROUP).get(name)) is not None:
        agent: Agent = load(entry)
        return agent
    if (holder := _listed().get(name)) is None:
        raise AgentUnavailable(
            f"There is no agent named {name!r}",
            why=f"installed agents: {', '.join(agent_names()) or 'none'}",
            hints=["podium doctor shows which agents are usable here"],
        )
    return holder.load(name)


def _listed() -> dict[str, AgentList]:
    """Return the agent lists from packages, by agent name."""
    lists: list[AgentList] = [load(entry) for entry in installed(LISTS_GROUP).values()]
    return {name: each for each in lists for name in each.names()}
