"""Finds what packages add by entry point, agents and session types; must not know any of it."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from podium.errors import AgentUnavailable, InternalError
from podium.model.sessions import BUILT_IN_TYPES
from podium.ports.agent import ENTRY_POINT_GROUP, Agent

SESSION_TYPES_GROUP = "podium.session_types"
"""An entry point's name is the type; what it points to is never loaded."""


def session_types() -> tuple[str, ...]:
    """Return the types that a session may have: the built-in ones, then what packages add."""
    added = {entry.name for entry in entry_points(group=SESSION_TYPES_GROUP)}
    return (*BUILT_IN_TYPES, *sorted(added - set(BUILT_IN_TYPES)))


def agent_names() -> tuple[str, ...]:
    """Return the names of all installed agents, sorted."""
    return tuple(sorted(_entries()))


def load_agent(name: str) -> Agent:
    """Return the agent of that name.

    Raises:
        AgentUnavailable: no package provides it.
        InternalError: its entry point cannot be loaded.
    """
    entry = _entries().get(name)
    if entry is None:
        raise AgentUnavailable(
            f"There is no agent named {name!r}",
            why=f"installed are: {', '.join(agent_names()) or 'none'}",
            hints=["podium doctor shows which agents can be used here"],
        )
    try:
        agent: Agent = entry.load()
    except (ImportError, AttributeError) as error:
        raise InternalError(f"The agent {name!r} cannot be loaded", why=str(error)) from error
    return agent


@cache
def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=ENTRY_POINT_GROUP)}
