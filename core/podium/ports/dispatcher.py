"""The interface of dispatchers, which run agent calls identified by deterministic keys.

A call that is running or finished is never started again, even after a crash.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from podium.model.agents import ActionAnswer, ActionQuestion, AgentEvent, AgentReply, AgentRequest

ENTRY_POINT_GROUP = "podium.dispatchers"


class CallState(StrEnum):
    """The state of a call, as seen by a dispatcher."""

    UNKNOWN = "unknown"
    QUEUED = "queued"
    """Submitted but not started yet: it is waiting for its turn, or cannot be started."""
    RUNNING = "running"
    FINISHED = "finished"
    LOST = "lost"
    """Started, but neither running nor finished; its shim and its agent are gone."""


@dataclass(frozen=True)
class CallStatus:
    """What a dispatcher knows about a call.

    Args:
        state: its state.
        refusal: why a queued call cannot start now, in one sentence; empty if it is only waiting
            for its turn.
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
    """A call that was started but is neither running nor finished: its shim and its agent are gone.

    Args:
        key: the call's key.
        times: the number of times this call has been lost.
    """

    key: str
    times: int


@dataclass(frozen=True)
class CallRefused:
    """A queued call that cannot start now; it starts as soon as possible, unless it is cancelled.

    Args:
        key: the call's key.
        reason: the reason, in one sentence.
    """

    key: str
    reason: str


CallEnd = CallOutcome | CallLost | CallRefused
"""The result of waiting for a call."""


class Dispatcher(Protocol):
    """Runs agent calls. All methods are idempotent by key."""

    async def set_limits(self, limits: CallLimits) -> None:
        """Replace the limits, and start the queued calls that the new limits allow."""
        ...

    async def submit(self, request: AgentRequest) -> None:
        """Start or queue the call; attach if it is running, do nothing if it has finished."""
        ...

    async def cancel(self, key: str, why: str) -> None:
        """End the call and its whole process tree; do nothing if it has finished."""
        ...

    async def suspend_limits(self, key: str) -> None:
        """Stop the clock of a call's limits, because the call waits for a person.

        It stays stopped until the limits are resumed, even if the call is started or restarted
        meanwhile.
        """
        ...

    async def resume_limits(self, key: str) -> None:
        """Restart the clock of a call's limits."""
        ...

    async def asked(self, key: str) -> Sequence[ActionQuestion]:
        """Return the questions about single actions for which a running call waits."""
        ...

    async def answer(self, key: str, question_id: str, answer: ActionAnswer) -> None:
        """Answer such a question; the first answer counts."""
        ...

    async def started(self, key: str) -> AgentRequest | None:
        """Return the request of a call that was started at least once, or None."""
        ...

    async def inspect(self, keys: Sequence[str]) -> dict[str, CallStatus]:
        """Return the current status of each call."""
        ...

    async def wait_outcome(self, key: str) -> CallEnd:
        """Wait until a submitted call has ended, is lost or cannot be started.

        A lost call may be submitted again.
        """
        ...

    def events(self, key: str) -> AsyncIterator[AgentEvent]:
        """Yield the call's events from its start until it ends."""
        ...

    async def forget(self, keys: Sequence[str]) -> None:
        """Delete the data of finished calls, once their outcomes have been imported."""
        ...


class DispatcherFactory(Protocol):
    """Creates the dispatcher of a project.

    A package adds one with an entry point in the group `podium.dispatchers`; its name is the value
    of the setting `agents.dispatcher`.
    """

    def __call__(self, calls: Path) -> Dispatcher:
        """Return a dispatcher; `calls` is the folder for the data of the project's calls."""
        ...
