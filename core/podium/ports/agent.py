"""The interface of every agent.

A package provides an agent through an entry point of the group `podium.agents` (an `Agent`).
It runs inside the shim, a separate process per call, so it may block, crash or be killed.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from podium.model.agents import (
    ActionAnswer,
    AgentEvent,
    AgentReply,
    AgentRequest,
    AgentSpec,
    AskKind,
    Availability,
    Login,
)
from podium.model.sandbox import Confinement

ENTRY_POINT_GROUP = "podium.agents"

LISTS_GROUP = "podium.agent_lists"
"""An entry point in this group refers to an `AgentList`: one entry for many agents."""


@runtime_checkable
class EventSink(Protocol):
    """Receives the events of one call; each event is on disk when `emit` returns."""

    def emit(self, event: AgentEvent) -> None:
        """Append one event to the call's output file."""
        ...


@dataclass(frozen=True)
class FileBlock:
    """A file in a reply: its whole content, or replacements in it.

    Args:
        path: the file, as the model wrote it; it is untrusted.
        content: the whole content; empty if there are replacements.
        replacements: pairs of a text that occurs once in the file, and the text to put there.
    """

    path: str
    content: str
    replacements: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class BlocksInReply:
    """The files in a reply.

    Args:
        files: the files, in order.
        problems: why blocks cannot be used, one sentence each, addressed to the model.
    """

    files: tuple[FileBlock, ...]
    problems: tuple[str, ...] = ()


class CallServices(Protocol):
    """What Podium does for agents that only have a model and tools of their own."""

    async def check_syntax(self, path: str, text: bytes, former: bytes | None) -> Sequence[str]:
        """Return the problems that a change of a file introduces, one sentence each.

        Args:
            path: the file, relative to the working folder; determines the language.
            text: its new content.
            former: its content before the change; None for a new file.
        """
        ...

    def read_blocks(self, reply: str, files: Sequence[str]) -> BlocksInReply:
        """Return the files in the fenced blocks of a reply.

        Args:
            reply: the model's text.
            files: the files that the task declares; a single block without a path is for the only
                one of them.
        """
        ...


class PersonAsked(Protocol):
    """Asks a person whether an agent may take one action."""

    async def ask(self, kind: AskKind, content: str) -> ActionAnswer:
        """Ask, and wait for the answer; no answer in time means no.

        Cancelling it withdraws the question. The call's limits are suspended meanwhile.

        Args:
            kind: the kind of action.
            content: the exact command, diff or address, without secrets.
        """
        ...


@dataclass(frozen=True)
class CallContext:
    """The resources for handling one request.

    Args:
        scratch: a private folder for this call, for the agent's HOME, TMPDIR and settings.
        output: the call's output file; a child process may append whole event lines to it.
        inherit_fds: file descriptors that every child process must inherit (`pass_fds`): they hold
            the call's lock, so the call counts as alive as long as any child is running.
        sink: receives the events.
        limit_seconds: returns the seconds on the clock of the limits, which stops while the machine
            sleeps and while the call waits for a person.
        limits_file: the file of a `LimitClock`, with which a child process shares that clock.
        services: what Podium does for agents that only have a model.
        confinement: what the agent's processes can reach; None for everything. An agent that starts
            its own processes must put `confining_prefix` before each command.
        person: asks a person about single actions; None if no person can be asked.
    """

    scratch: Path
    output: Path
    inherit_fds: Sequence[int]
    sink: EventSink
    limit_seconds: Callable[[], float] = time.monotonic
    limits_file: Path | None = None
    services: CallServices | None = None
    confinement: Confinement | None = None
    person: PersonAsked | None = None


class Agent(Protocol):
    """A program that answers a prompt."""

    def describe(self) -> AgentSpec:
        """Return the agent's description; cheap, does not start a process."""
        ...

    def available(self, options: dict[str, str]) -> Availability:
        """Return whether the agent can be started here, without starting a session."""
        ...

    async def run(self, request: AgentRequest, context: CallContext) -> AgentReply:
        """Handle one request and return its outcome.

        Failures of the agent are outcomes, not exceptions. On cancellation (by anyio) it must end
        the whole process tree before it lets the cancellation through. It must enforce
        `request.limits` itself, measured with `context.limit_seconds`.

        Raises:
            AgentUnavailable: the agent cannot be started.
        """
        ...


@runtime_checkable
class ShowsLogin(Protocol):
    """An agent whose login can be seen without a call."""

    def login(self, options: dict[str, str], environment: Mapping[str, str]) -> Login:
        """Return its login; cheap.

        Args:
            options: its settings, as for a call.
            environment: the environment variables that a call would get.
        """
        ...


@runtime_checkable
class AsksFirst(Protocol):
    """An agent that can ask before it acts; for others only the rights of the role count."""

    def asks(self, options: dict[str, str]) -> tuple[AskKind, ...] | None:
        """Return the kinds of actions about which it always asks, or None if unknown; cheap.

        Args:
            options: its settings, as for a call.
        """
        ...


@runtime_checkable
class Preloadable(Protocol):
    """One of Podium's own agents, which imports modules only when it runs."""

    def preload(self) -> None:
        """Import everything that `run` needs, without starting threads or reading the environment.

        One process preloads an agent for many calls.
        """
        ...


@runtime_checkable
class AgentCatalog(Protocol):
    """A list of agents that also contains a copy of the public ACP registry."""

    def registry(self) -> str:
        """Return the registry as JSON text."""
        ...

    def agent_in(self, package: str) -> str:
        """Return the name of the built-in agent that a package contains, or ""."""
        ...


class AgentList(Protocol):
    """Several agents behind one entry point, for instance one per file in a folder."""

    def names(self) -> Sequence[str]:
        """Return the names of its agents; cheap."""
        ...

    def load(self, name: str) -> Agent:
        """Return the agent with one of these names."""
        ...
