"""The port that runs agent calls by a deterministic key; must not know plans.

A call that finished or still runs is never started again, whoever dies in between.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from podium.model.agents import AgentEvent, AgentReply, AgentRequest


class CallState(StrEnum):
    """What a dispatcher sees of a call."""

    UNKNOWN = "unknown"
    RUNNING = "running"
    FINISHED = "finished"
    LOST = "lost"
    """Started once, neither running nor finished: its caller and its agent are gone."""


@dataclass(frozen=True)
class CallOutcome:
    """A finished call.

    Args:
        key: the call's key.
        reply: how it ended.
        started_at: seconds since the epoch.
        ended_at: seconds since the epoch.
    """

    key: str
    reply: AgentReply
    started_at: float
    ended_at: float


@dataclass(frozen=True)
class CallLost:
    """A call that was started and neither runs nor finished: its caller and its agent are gone.

    Args:
        key: the call's key.
        times: how often this call was lost so far.
    """

    key: str
    times: int


class Dispatcher(Protocol):
    """Runs agent calls. All methods are idempotent by key."""

    async def submit(self, request: AgentRequest) -> None:
        """Start the call, attach to it when it runs, do nothing when it has finished."""
        ...

    async def cancel(self, key: str, why: str) -> None:
        """End the call and its whole process tree; a finished call stays as it is."""
        ...

    async def inspect(self, keys: Sequence[str]) -> dict[str, CallState]:
        """Return what is seen of each call now."""
        ...

    async def wait_outcome(self, key: str) -> CallOutcome | CallLost:
        """Wait until a submitted call has ended or is lost; a lost one may be submitted again."""
        ...

    def events(self, key: str) -> AsyncIterator[AgentEvent]:
        """Yield the call's events from its beginning until it ends."""
        ...

    async def forget(self, keys: Sequence[str]) -> None:
        """Remove what is kept of finished calls, after their outcomes were imported."""
        ...
