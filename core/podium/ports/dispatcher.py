"""The interface that runs agent calls by a deterministic key.

A call that is running or finished is never started again, even after a crash.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from podium.model.agents import AgentEvent, AgentReply, AgentRequest

ENTRY_POINT_GROUP = "podium.dispatchers"


class CallState(StrEnum):
    """The state of a call, as seen by a dispatcher."""

    UNKNOWN = "unknown"
    QUEUED = "queued"
    """Submitted, and not started yet: it waits for its turn, or cannot be started."""
    RUNNING = "running"
    FINISHED = "finished"
    LOST = "lost"
    """Started, but neither running nor finished; its shim and its agent are gone."""


@dataclass(frozen=True)
class CallStatus:
    """What a dispatcher knows of a call.

    Args:
        state: its state.
        refusal: why a queued call cannot start now, in one sentence; empty if it only waits for
            its turn.
        last_event_at: the time of its latest event, in seconds since the epoch.
    """

    state: CallState
    refusal: str = ""
    last_event_at: float | None = None


@dataclass(frozen=True)
class CallLimits:
    """Which calls a dispatcher may start; running calls are not affected.

    Args:
        at_once: how many may run at the same time; any number by default.
        agents: the agents that may be called; all by default.
    """

    at_once: int | None = None
    agents: frozenset[str] | None = None


@dataclass(frozen=True)
class CallOutcome:
    """A finished call.

    Args:
        key: the call's key.
        reply: the agent's reply.
        started_at: seconds since the epoch.
        ended_at: seconds since the epoch.
    """

    key: str
    reply: AgentReply
    started_at: float
    ended_at: float


@dataclass(frozen=True)
class CallLost:
    """A call that was started but neither runs nor has finished: its shim and its agent are gone.

    Args:
        key: the call's key.
        times: the number of times this call has been lost.
    """

    key: str
    times: int


@dataclass(frozen=True)
class CallRefused:
    """A queued call that cannot start now; it starts as soon as it can, unless it is cancelled.

    Args:
        key: the call's key.
        reason: why, in one sentence.
    """

    key: str
    reason: str


CallEnd = CallOutcome | CallLost | CallRefused
"""What waiting for a call ends with."""


class Dispatcher(Protocol):
    """Runs agent calls. All methods are idempotent by key."""

    async def set_limits(self, limits: CallLimits) -> None:
        """Replace the limits; queued calls that they allow start."""
        ...

    async def submit(self, request: AgentRequest) -> None:
        """Start the call or queue it; attach if it is running, do nothing if it has finished."""
        ...

    async def cancel(self, key: str, why: str) -> None:
        """End the call and its whole process tree; a finished call does not change."""
        ...

    async def suspend_limits(self, key: str) -> None:
        """Stop the time that counts for the limits of a call, because it waits for a person.

        It pauses until the limits are resumed, also if the call starts or is started again
        meanwhile.
        """
        ...

    async def resume_limits(self, key: str) -> None:
        """Let the time that counts for the limits of a call go on."""
        ...

    async def inspect(self, keys: Sequence[str]) -> dict[str, CallStatus]:
        """Return what is known of each call now."""
        ...

    async def wait_outcome(self, key: str) -> CallEnd:
        """Wait until a submitted call has ended or is lost, or cannot be started.

        A lost one may be submitted again.
        """
        ...

    def events(self, key: str) -> AsyncIterator[AgentEvent]:
        """Yield the call's events from its start until it ends."""
        ...

    async def forget(self, keys: Sequence[str]) -> None:
        """Delete the data of finished calls, after their outcomes were imported."""
        ...


class DispatcherFactory(Protocol):
    """Makes the dispatcher of a project.

    A package adds one with an entry point in the group `podium.dispatchers`; its name is the value
    of the setting `agents.dispatcher`.
    """

    def __call__(self, calls: Path) -> Dispatcher:
        """Return a dispatcher; `calls` is the folder for the data of the project's calls."""
        ...
