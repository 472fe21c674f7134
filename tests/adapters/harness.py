"""Runs agents as the shim does: a request, a scratch folder, a sink, an output file."""

import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import psutil

from podium.model.agents import (
    ROLE_PERMISSIONS,
    AgentEvent,
    AgentReply,
    AgentRequest,
    Limits,
    Permissions,
    Role,
)
from podium.ports.agent import Agent, CallContext


@dataclass
class Sink:
    """Keeps the events and writes them into the output file, as the port demands."""

    output: Path
    events: list[AgentEvent] = field(default_factory=list[AgentEvent])

    def emit(self, event: AgentEvent) -> None:
        self.events.append(event)
        with self.output.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event.model_dump(mode="json")) + "\n")

    def of_type(self, kind: str) -> list[Any]:
        return [event for event in self.events if event.type == kind]


@dataclass(frozen=True)
class Call:
    """A folder for one call beside a working folder.

    Args:
        folder: the working folder.
        outside: a folder beside it, where nothing may be written.
    """

    folder: Path
    outside: Path
    context: CallContext
    sink: Sink

    @property
    def output(self) -> Path:
        return self.context.output

    def text(self, name: str) -> str:
        return (self.folder / name).read_text()


def new_call(place: Path, *, inherit_fds: Sequence[int] = ()) -> Call:
    for name in ("work", "outside", "call/scratch"):
        (place / name).mkdir(parents=True)
    output = place / "call" / "out.jsonl"
    sink = Sink(output)
    context = CallContext(place / "call" / "scratch", output, tuple(inherit_fds), sink)
    return Call(place / "work", place / "outside", context, sink)


def request(
    call: Call,
    prompt: str = "do it",
    *,
    role: Role = Role.EXECUTOR,
    permissions: Permissions | None = None,
    limits: Limits | None = None,
    options: dict[str, str] | None = None,
    **more: Any,
) -> AgentRequest:
    return AgentRequest(
        key=more.pop("key", "run/t-1/1/execute"),
        agent="test",
        role=role,
        prompt=prompt,
        folder=str(call.folder),
        permissions=permissions or ROLE_PERMISSIONS[role],
        limits=limits or Limits(wall_seconds=60, idle_seconds=30),
        options=options or {},
        **more,
    )


def run(agent: Agent, call: Call, asked: AgentRequest) -> AgentReply:
    async def have_it() -> AgentReply:
        return await agent.run(asked, call.context)

    return anyio.run(have_it)


def processes_in(folder: Path) -> list[str]:
    """Return the command lines of the living processes that work in or below a folder."""
    found: list[str] = []
    for process in psutil.process_iter():
        try:
            place = Path(process.cwd())
            alive = process.status() != psutil.STATUS_ZOMBIE
            words = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if alive and process.pid != os.getpid() and place.is_relative_to(folder):
            found.append(words)
    return found


def wait_until(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait for a state of the world; fails when it does not come about."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the state did not come about"
        pause.wait(0.01)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has reaped yet has ended."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
