"""Measures the turns of one agent in a control group of its own; started by `__main__`.

    python -m tests.bench.agents.both_ways WAY URL GROUP TURNS

Prints a line of JSON for each turn, and one before each turn whose memory is to be sampled. The
caller hosts the model, so that its processor time is not counted.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import anyio
import pytest

from podium.agents.local_dispatcher import LocalDispatcher
from podium.agents.shim_starts import ForkServer
from podium.model.agents import Outcome
from podium.ports.agent import CallContext
from podium.ports.dispatcher import CallOutcome
from podium_adapters import process
from podium_adapters.process import Child, Launch
from tests.adapters.harness import run
from tests.agents.stage import WAYS, Stage
from tests.bench.agents.raw_turn import Recorded, have_turn, prepare
from tests.support.waiting import wait_for

ANSWER = "all is done here"
END = "one here"
"""The last part of the answer; it is streamed in two."""


class Loopback:
    """The model of the process that started this one.

    Args:
        address: its base URL.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def url(self, *_: object, **__: object) -> str:
        """Return its base URL."""
        return self._address


def record(stage: Stage) -> Recorded:
    """Have one turn in this process, and return how the agent was started and what was said."""
    call = stage.new_call()
    copy = call.context.scratch.with_name("copy")
    seen: list[Launch] = []
    said: list[bytes] = []
    spawn = vars(process)["_spawn"]  # the one place in which a program is started

    async def spawning(launch: Launch, context: CallContext, limits: Any) -> Child:
        shutil.copytree(context.scratch, copy, symlinks=True)
        child: Child = await spawn(launch, context, limits)
        stdin = child.process.stdin
        assert stdin is not None
        write = stdin.write

        def writing(data: bytes | bytearray | memoryview) -> None:
            said.append(bytes(data))
            write(data)

        stdin.write = writing  # type: ignore[method-assign] # only recorded
        seen.append(launch)
        return child

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "_spawn", spawning)
        reply = run(stage.agent, call, stage.request(call))
    assert (reply.outcome, ANSWER in reply.text) == (Outcome.COMPLETED, True), reply
    (launch,) = seen
    return Recorded(
        argv=list(launch.argv),
        folder=launch.folder,
        environment=launch.environment,
        said=b"".join(said),
        keeps_input_open=stage.way.name != "codex",
        scratch=call.context.scratch,
        copy=copy,
    )


class Group:
    """The control group that this process is in.

    Args:
        folder: its folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._at_rest = 0

    def rest(self) -> None:
        """Remember how many processes there are between turns."""
        self._at_rest = self._count()

    def seconds(self) -> float:
        """Return the processor time so far, when the processes of a turn have ended."""
        wait_for(lambda: self._count() <= self._at_rest)
        usage = self._folder / "cpuacct.usage"
        if usage.exists():
            return int(usage.read_text()) / 1e9
        rows = (line.split() for line in (self._folder / "cpu.stat").read_text().splitlines())
        return next(int(value) for name, value in rows if name == "usage_usec") / 1e6

    def _count(self) -> int:
        return len((self._folder / "cgroup.procs").read_text().split())


def tell(**facts: object) -> None:
    """Print a line for the caller."""
    print(json.dumps(facts), flush=True)


def measure(group: Group, way: str, turn: Callable[[], float], *, sampled: bool) -> None:
    """Have a turn and print what it took."""
    group.rest()
    before = group.seconds()
    if sampled:
        tell(sample=way)
    wall = turn()
    if sampled:
        tell(sampled=way)
        group.seconds()
        return
    tell(way=way, wall=wall, processor=group.seconds() - before)


def main(name: str, url: str, folder: str, turns: int) -> None:
    """Have turns both ways, alternately."""
    place = Path(tempfile.mkdtemp(prefix="podium-bench-"))
    with pytest.MonkeyPatch.context() as patch, ForkServer() as forks:
        stage = Stage(WAYS[name], place, patch)
        stage.attach(cast("Any", Loopback(url)))
        recorded = record(stage)
        dispatcher = LocalDispatcher(place / "calls", forks)
        numbers = iter(range(10_000))

        def raw() -> float:
            prepare(recorded)
            began = time.monotonic()
            printed = have_turn(recorded)
            took = time.monotonic() - began
            assert END in printed, printed[-2000:]
            return took

        def ours() -> float:
            key = f"bench/{name}/1/{next(numbers)}"
            return anyio.run(_ours, stage, dispatcher, key, recorded.folder)

        group = Group(Path(folder))
        for turn in (raw, ours):  # they fill the caches of the machine
            turn()
        for _ in range(turns):
            measure(group, "raw", raw, sampled=False)
            measure(group, "ours", ours, sampled=False)
        measure(group, "raw", raw, sampled=True)
        measure(group, "ours", ours, sampled=True)
    shutil.rmtree(place, ignore_errors=True)


async def _ours(stage: Stage, dispatcher: LocalDispatcher, key: str, folder: Path) -> float:
    call = stage.new_call()
    # An agent that has seen a folder before may start sooner in it.
    update = {"key": key, "agent": stage.way.agent, "folder": str(folder)}
    request = stage.request(call).model_copy(update=update)
    began = time.monotonic()
    await dispatcher.submit(request)
    end = await dispatcher.wait_outcome(key)
    took = time.monotonic() - began
    assert isinstance(end, CallOutcome), end
    assert end.reply.outcome is Outcome.COMPLETED, end.reply
    assert ANSWER in end.reply.text
    return took


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
