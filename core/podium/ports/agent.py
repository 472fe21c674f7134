"""The one port through which every agent is reached; must not know any agent.

An agent is found by an entry point of the group `podium.agents` whose object is an `Agent`.
It runs inside the shim, a process of its own per call, so it may block, crash or be killed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from podium.model.agents import AgentEvent, AgentReply, AgentRequest, AgentSpec, Availability

ENTRY_POINT_GROUP = "podium.agents"

LISTS_GROUP = "podium.agent_lists"
"""An entry point of this group names an `AgentList`: one line for many agents."""


@runtime_checkable
class EventSink(Protocol):
    """Takes the events of one call; every event is on disk when `emit` returns."""

    def emit(self, event: AgentEvent) -> None:
        """Append one event to the call's output file."""
        ...


@dataclass(frozen=True)
class CallContext:
    """What an agent is given beside the request.

    Args:
        scratch: a private folder for this call: HOME, TMPDIR and settings of the agent go here.
        output: the call's output file; a child process may append whole event lines to it itself.
        inherit_fds: file descriptors that every child process must inherit (`pass_fds`): they
            hold the call's lock, so that the call counts as alive while any child lives.
        sink: where events go.
    """

    scratch: Path
    output: Path
    inherit_fds: Sequence[int]
    sink: EventSink


class Agent(Protocol):
    """Something that answers a prompt."""

    def describe(self) -> AgentSpec:
        """Return what this agent is; cheap, starts nothing."""
        ...

    def available(self, options: dict[str, str]) -> Availability:
        """Say whether the agent can be started here; looks, does not start a session."""
        ...

    async def run(self, request: AgentRequest, context: CallContext) -> AgentReply:
        """Carry out one request and return how it ended.

        Faults of the agent are outcomes, not exceptions. Being cancelled (the task's anyio
        cancellation) must end the whole process tree before the cancellation is let through.
        `request.limits` must be kept by the agent's adapter itself.

        Raises:
            AgentUnavailable: the agent cannot be started.
        """
        ...


class AgentList(Protocol):
    """Several agents behind one entry point, for instance one for each file of a folder."""

    def names(self) -> Sequence[str]:
        """Return the names of its agents; cheap."""
        ...

    def load(self, name: str) -> Agent:
        """Return the agent of one of these names."""
        ...
