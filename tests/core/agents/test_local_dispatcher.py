"""The conformance suite of dispatchers, run on the local one: real processes, real kills."""

import json
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import psutil
import pytest

from podium.agents.call_directory import CallDirectory, CallResult, FileSink
from podium.agents.local_dispatcher import LocalDispatcher
from podium.model.agents import (
    ROLE_PERMISSIONS,
    AgentReply,
    AgentRequest,
    Final,
    Limits,
    Outcome,
    Role,
    TextChunk,
)
from podium.platform.process.process_tree import end_tree
from podium.platform.process.processes import send_signal, wait_ended
from podium.ports.dispatcher import CallLost, CallOutcome, CallState, Dispatcher
from tests.support.projects import Json, write

KEY = "r-1/t1/1/execute"


class Stage:
    """A dispatcher with one scripted call.

    Args:
        place: an empty folder.
        steps: what the playbook agent does.
    """

    def __init__(self, place: Path, steps: list[Json]) -> None:
        self.work = place / "work"
        self.work.mkdir()
        self.ledger = place / "ledger"
        self.dispatcher = LocalDispatcher(place / "calls")
        script = place / "playbook.yaml"
        script.write_text(json.dumps({"version": 1, "tasks": {"t1": [steps]}}))
        self.request = AgentRequest(
            key=KEY,
            agent="playbook",
            role=Role.EXECUTOR,
            prompt="do it",
            folder=str(self.work),
            task_id="t1",
            permissions=ROLE_PERMISSIONS[Role.EXECUTOR],
            options={"playbook": str(script), "ledger": str(self.ledger)},
        )

    @property
    def folder(self) -> CallDirectory:
        return self.dispatcher.folder(KEY)

    def calls(self) -> list[str]:
        """Return what the agent wrote down of its own starts and ends."""
        if not self.ledger.exists():
            return []
        return [line.split()[0] for line in self.ledger.read_text().splitlines()]

    async def outcome(self) -> CallOutcome:
        found = await self.dispatcher.wait_outcome(KEY)
        assert isinstance(found, CallOutcome)
        return found


def play(stage: Stage, scene: Callable[[Dispatcher], Awaitable[None]]) -> None:
    async def run() -> None:
        with anyio.fail_after(60):
            await scene(stage.dispatcher)

    anyio.run(run)


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await anyio.sleep(0.01)


def kill_shim(stage: Stage) -> None:
    start = stage.folder.start()
    assert start is not None
    send_signal(start.shim, signal.SIGKILL)
    assert wait_ended(start.shim, seconds=10)


@pytest.mark.promise("R7.once", "G1")
def test_a_call_is_submitted_twice_and_happens_once(tmp_path: Path) -> None:
    stage = Stage(tmp_path, [{"delay": 0.2}, write("a.txt", "a\n"), {"say": "done"}])

    async def scene(dispatcher: Dispatcher) -> None:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(dispatcher.submit, stage.request)
        assert (await dispatcher.inspect([KEY]))[KEY].state is CallState.RUNNING
        outcome = await stage.outcome()
        assert (outcome.reply.outcome, outcome.reply.text) == (Outcome.COMPLETED, "done")
        await dispatcher.submit(stage.request)
        again = await stage.outcome()
        assert again == outcome

    play(stage, scene)
    assert stage.calls() == ["start", "end"]
    assert (stage.work / "a.txt").read_text() == "a\n"


@pytest.mark.promise("R7.kill", "G6")
def test_a_command_that_outlives_its_shim_and_its_agent_is_ended(tmp_path: Path) -> None:
    """It is in the session of the agent, which is dead, and holds the call's lock."""
    command = "echo $$ > new; mv new pid; until [ -e go ]; do sleep 0.05; done"
    stage = Stage(tmp_path, [{"run": ["sh", "-c", command]}])

    async def scene(dispatcher: Dispatcher) -> None:
        await dispatcher.submit(stage.request)
        await until((stage.work / "pid").exists)
        survivor = psutil.Process(int((stage.work / "pid").read_text()))
        start = stage.folder.start()
        assert start is not None
        above = psutil.Process(start.shim.pid)
        for each in [above, *(p for p in survivor.parents() if above in p.parents())]:
            each.kill()
        assert await dispatcher.wait_outcome(KEY) == CallLost(KEY, 1)
        assert not survivor.is_running() or survivor.status() == psutil.STATUS_ZOMBIE

    play(stage, scene)


@pytest.mark.promise("R7.once")
def test_a_call_goes_on_when_its_shim_is_killed_and_is_not_repeated(tmp_path: Path) -> None:
    stage = Stage(tmp_path, [{"delay": 0.8}, write("a.txt", "a\n"), {"say": "done"}])

    async def scene(dispatcher: Dispatcher) -> None:
        await dispatcher.submit(stage.request)
        await until(lambda: stage.calls() == ["start"])
        kill_shim(stage)
        assert (await dispatcher.inspect([KEY]))[KEY].state is CallState.RUNNING
        await dispatcher.submit(stage.request)
        outcome = await stage.outcome()
        assert outcome.reply.outcome is Outcome.COMPLETED
        assert outcome.reply.salvaged

    play(stage, scene)
    assert stage.calls() == ["start", "end"]


@pytest.mark.promise("R7.in-flight")
def test_a_call_whose_every_process_died_is_reported_lost_and_may_start_again(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path, [{"delay": 0.5}, {"say": "done"}])

    async def scene(dispatcher: Dispatcher) -> None:
        await dispatcher.submit(stage.request)
        await until(lambda: stage.calls() == ["start"])
        kill_everything(stage)
        lost = await dispatcher.wait_outcome(KEY)
        assert lost == CallLost(KEY, 1)
        assert (await dispatcher.inspect([KEY]))[KEY].state is CallState.LOST
        await dispatcher.submit(stage.request)
        assert (await stage.outcome()).reply.outcome is Outcome.COMPLETED

    play(stage, scene)
    assert stage.calls() == ["start", "start", "end"]
    assert (stage.folder.path / "out.lost-1.jsonl").exists()


@pytest.mark.promise("G6", "R7.cancel")
def test_a_cancelled_call_ends_whole_and_stays_cancelled(tmp_path: Path) -> None:
    stage = Stage(tmp_path, [{"run": ["sh", "-c", "sleep 600 & sleep 600"]}])

    async def scene(dispatcher: Dispatcher) -> None:
        assert await dispatcher.started(KEY) is None
        await dispatcher.submit(stage.request)
        await until(lambda: stage.calls() == ["start"])
        assert await dispatcher.started(KEY) == stage.request
        await dispatcher.cancel(KEY, "enough")
        outcome = await stage.outcome()
        assert outcome.reply.outcome is Outcome.CANCELLED
        await dispatcher.cancel(KEY, "again")
        assert await stage.outcome() == outcome

    play(stage, scene)
    fd = stage.folder.try_lock()
    assert fd is not None, "somebody still holds the call's lock"


def test_a_call_that_was_cancelled_before_it_began_never_begins(tmp_path: Path) -> None:
    stage = Stage(tmp_path, [{"say": "done"}])

    async def scene(dispatcher: Dispatcher) -> None:
        stage.folder.request_cancel("not wanted")
        await dispatcher.submit(stage.request)
        assert (await stage.outcome()).reply.outcome is Outcome.CANCELLED

    play(stage, scene)
    assert stage.calls() == []


def test_the_events_of_a_call_are_told_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    stage = Stage(tmp_path, [{"say": "one"}, {"delay": 0.3}, {"say": "two"}])
    told: list[str] = []

    async def scene(dispatcher: Dispatcher) -> None:
        await dispatcher.submit(stage.request)
        async for event in dispatcher.events(KEY):
            told.append(event.text if isinstance(event, TextChunk) else event.type)

    play(stage, scene)
    assert [each for each in told if each != "tool"] == ["one", "two", "final"]


def test_an_adapter_that_breaks_down_is_a_failed_call_not_a_lost_one(tmp_path: Path) -> None:
    stage = Stage(tmp_path, [{"crash": True}])

    async def scene(dispatcher: Dispatcher) -> None:
        await dispatcher.submit(stage.request)
        assert (await stage.outcome()).reply.outcome is not Outcome.COMPLETED

    play(stage, scene)


@pytest.mark.promise("G6")
def test_a_call_over_its_wall_limit_is_ended(tmp_path: Path) -> None:
    stage = Stage(tmp_path, [{"hang": True}])
    stage.request = stage.request.model_copy(update={"limits": Limits(wall_seconds=1)})

    async def scene(dispatcher: Dispatcher) -> None:
        await dispatcher.submit(stage.request)
        assert (await stage.outcome()).reply.outcome is Outcome.TIMED_OUT

    play(stage, scene)


def test_the_first_outcome_of_a_call_stands(tmp_path: Path) -> None:
    folder = CallDirectory(tmp_path)
    first = CallResult(reply=AgentReply(outcome=Outcome.COMPLETED), started_at=1, ended_at=2)
    folder.finish(first)
    folder.finish(first.model_copy(update={"ended_at": 9.0}))
    assert folder.result() == first


def test_lines_that_are_no_events_are_passed_over(tmp_path: Path) -> None:
    folder = CallDirectory(tmp_path)
    folder.output.write_bytes(b'garbage\n{"type": "text"}\n\xff\xfe\n')
    sink = FileSink(folder.output)
    sink.emit(TextChunk(text="half of \ud800 a pair"))
    reply = AgentReply(outcome=Outcome.COMPLETED)
    sink.emit(Final(reply=reply))
    sink.close()
    with folder.output.open("ab") as file:
        file.write(b'{"type": "text", "text": "torn')
    assert folder.final_reply() == reply
    assert len(list(folder.events())) == 2


def kill_everything(stage: Stage) -> None:
    """Kill the shim and the agent, as the end of the machine would."""
    start = stage.folder.start()
    assert start is not None
    end_tree(start.shim, term_seconds=0)
    assert stage.folder.state() is CallState.LOST
