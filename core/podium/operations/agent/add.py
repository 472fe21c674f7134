"""agent.add: add an agent from the ACP registry, or from its agent.json."""

import platform
import shutil
import sys

import anyio.to_thread
from pydantic import Field

from podium.agents.registry import agent_in_package, agent_names, load_agent
from podium.agents.user.added_entries import find_entry, keep_entry
from podium.errors import ValidationError
from podium.model.base import Frozen
from podium.model.rules.agents.registry_entries import (
    GENERIC,
    RegistryEntry,
    Start,
    how_to_start,
    package_of,
)
from podium.operations.engine import Place
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person_for
from podium.platform.user_folders import added_agent_names
from podium.projects.trust import is_trusted

_PROCESSORS = {"amd64": "x86_64", "arm64": "aarch64"}


class AddParams(Frozen):
    """Parameters of `agent.add`."""

    entry: str = Field(description="the agent's id in the registry, or the path of its agent.json")


class AddedAgent(Frozen):
    """An agent that was added, and what Podium runs for it."""

    agent: str
    title: str
    command: tuple[str, ...]
    """The program and its arguments."""
    usable: bool
    """Whether the program is installed."""
    reason: str = ""
    """Why it is not usable."""
    how_to_get: str = ""


@operation("agent.add", Effect.WRITE)
async def add(place: Place, params: AddParams) -> AddedAgent:
    """Add an agent from the ACP registry or from its agent.json; Podium has not tested it.

    It can be used in all your projects. Nothing is downloaded or installed; if its program is
    missing, you see how to get it.

    Raises:
        NotApproved: the requester is not a person.
        ValidationError: there is no such agent, its entry is invalid, or its name is taken.
        ToolError: the registry cannot be read.
    """
    require_person_for(place.actor, "add an agent")
    # A registry names programs to run, so that of untrusted settings is ignored.
    is_safe = place.root is None or is_trusted(place.root, place.config.project)
    registry = place.config.config.agents.registry if is_safe else ""
    entry = await anyio.to_thread.run_sync(find_entry, params.entry, registry)
    start = _check(entry)
    keep_entry(entry)
    options: dict[str, str] = {}
    state = await anyio.to_thread.run_sync(load_agent(entry.id).available, options)
    program = next(filter(shutil.which, start.programs), start.programs[0])
    return AddedAgent(
        agent=entry.id,
        title=f"{entry.name} ({GENERIC})",
        command=(program, *start.arguments),
        usable=state.available,
        reason=state.reason,
        how_to_get=start.install_hint,
    )


def _check(entry: RegistryEntry) -> Start:
    if entry.id in agent_names() and entry.id not in added_agent_names():
        raise ValidationError(
            f"The name {entry.id!r} is taken",
            why="Podium has its own agent of that name",
            hints=["podium agents", "give your agent.json another id"],
        )
    if own := agent_in_package(package_of(entry)):
        raise ValidationError(
            f"{entry.name} is built in as {own!r}",
            why="the built-in agent knows how to make it ask, and what its errors mean",
            hints=[f"podium agents test {own}"],
        )
    machine = platform.machine().lower()
    here = f"{sys.platform}-{_PROCESSORS.get(machine, machine)}"
    try:
        return how_to_start(entry, here)
    except ValueError as error:
        raise ValidationError(f"{entry.name} cannot be added", why=str(error)) from error
