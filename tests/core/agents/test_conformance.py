"""The conformance suite of dispatchers: what all of them do, whatever carries out the calls.

It knows a dispatcher by its port and by its kit only (`tests/support/dispatcher_kits.py`).
"""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import anyio
import pytest

from podium.model.agents import AgentRequest, Limits, Outcome, TextChunk
from podium.ports.dispatcher import (
    CallEnd,
    CallLimits,
    CallLost,
    CallOutcome,
    CallRefused,
    CallState,
    Dispatcher,
)
from tests.support.dispatcher_kits import KITS, Kit
from tests.support.projects import write

ONE_AT_A_TIME = CallLimits(at_once=1)
NO_AGENT = CallLimits(agents=frozenset())
Scene = Callable[[], Awaitable[None]]


@pytest.fixture(params=KITS)
def kit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kit]:
    kit = KITS[request.param](tmp_path)
    if kit.shows_processes:
        request.getfixturevalue("started_processes")
    yield kit
    kit.close()


def play(scene: Scene) -> None:
    async def run() -> None:
        with anyio.fail_after(300):
            await scene()

    anyio.run(run)


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await anyio.sleep(0.01)


async def state(dispatcher: Dispatcher, request: AgentRequest) -> CallState:
    return (await dispatcher.inspect([request.key]))[request.key].state


async def outcome(dispatcher: Dispatcher, request: AgentRequest) -> CallOutcome:
    found: CallEnd = await dispatcher.wait_outcome(request.key)
    assert isinstance(found, CallOutcome), found
    return found


async def completed(dispatcher: Dispatcher, request: AgentRequest) -> None:
    assert (await outcome(dispatcher, request)).reply.outcome is Outcome.COMPLETED


@pytest.mark.promise("R7.once", "G1")
def test_a_call_that_is_submitted_often_happens_once(kit: Kit) -> None:
    request = kit.request("t1", write("a.txt", "a\n"), {"say": "done"})

    async def scene() -> None:
        dispatcher = kit.connect()
        async with anyio.create_task_group() as group:
            for each in (dispatcher, dispatcher, kit.connect()):
                group.start_soon(each.submit, request)
        first = await outcome(dispatcher, request)
        assert (first.reply.outcome, first.reply.text) == (Outcome.COMPLETED, "done")
        await dispatcher.submit(request)
        assert await outcome(dispatcher, request) == first
        assert await state(dispatcher, request) is CallState.FINISHED

    play(scene)
    assert kit.noted() == ["start", "end"]


@pytest.mark.promise("R7.once", "R7.kill")
def test_a_new_runner_attaches_to_a_call_that_runs(kit: Kit) -> None:
    request = kit.held("t1")

    async def scene() -> None:
        await kit.connect().submit(request)
        await until(lambda: kit.noted() == ["start"])
        again = kit.connect()
        assert await state(again, request) is CallState.RUNNING
        await again.submit(request)
        kit.release("t1")
        found = await outcome(again, request)
        assert await outcome(kit.connect(), request) == found

    play(scene)
    assert kit.noted() == ["start", "end"]


@pytest.mark.promise("R7.in-flight")
def test_a_call_that_died_is_lost_and_can_be_submitted_again(kit: Kit) -> None:
    request = kit.held("t1")

    async def scene() -> None:
        dispatcher = kit.connect()
        await dispatcher.submit(request)
        await until(lambda: kit.noted() == ["start"])
        kit.kill_everything(request.key)
        assert await dispatcher.wait_outcome(request.key) == CallLost(request.key, 1)
        assert await state(dispatcher, request) is CallState.LOST
        assert await state(kit.connect(), request) is CallState.LOST
        kit.release("t1")
        await dispatcher.submit(request)
        await completed(dispatcher, request)

    play(scene)
    assert kit.noted() == ["start", "start", "end"]


@pytest.mark.promise("R7.once", "R7.kill")
@pytest.mark.parametrize(
    ("kit", "victim"),
    [(name, victim) for name, kit in KITS.items() for victim in kit.victims],
    indirect=["kit"],
)
def test_whatever_dies_a_finished_call_is_not_repeated(kit: Kit, victim: str) -> None:
    request, after = kit.held("t1"), kit.request("t2", {"say": "next"})

    async def scene() -> None:
        dispatcher = kit.connect()
        await dispatcher.submit(request)
        await until(lambda: kit.noted() == ["start"])
        kit.kill(victim, request.key)
        kit.release("t1")
        found = await dispatcher.wait_outcome(request.key)
        assert isinstance(found, CallOutcome | CallLost)
        await dispatcher.submit(request)
        last = await outcome(dispatcher, request)
        await dispatcher.submit(request)
        assert await outcome(kit.connect(), request) == last
        await dispatcher.submit(after)
        await completed(dispatcher, after)

    play(scene)
    assert kit.noted("t1").count("end") <= 1
    assert kit.noted("t2") == ["start", "end"]


@pytest.mark.promise("G6", "R7.cancel")
def test_a_cancelled_call_ends_and_stays_cancelled(kit: Kit) -> None:
    request = kit.held("t1")

    async def scene() -> None:
        dispatcher = kit.connect()
        await dispatcher.submit(request)
        await until(lambda: kit.noted() == ["start"])
        await dispatcher.cancel(request.key, "enough")
        found = await outcome(dispatcher, request)
        assert found.reply.outcome is Outcome.CANCELLED
        await dispatcher.cancel(request.key, "again")
        await dispatcher.submit(request)
        assert await outcome(dispatcher, request) == found

    play(scene)
    assert kit.noted() == ["start"]


def test_a_finished_call_cannot_be_cancelled(kit: Kit) -> None:
    request = kit.request("t1", {"say": "done"})

    async def scene() -> None:
        dispatcher = kit.connect()
        await dispatcher.submit(request)
        found = await outcome(dispatcher, request)
        await dispatcher.cancel(request.key, "too late")
        assert await outcome(dispatcher, request) == found

    play(scene)


def test_a_call_above_the_limit_waits_for_its_turn(kit: Kit) -> None:
    first, second = kit.held("t1"), kit.request("t2", {"say": "done"})

    async def scene() -> None:
        dispatcher = kit.connect()
        await dispatcher.set_limits(ONE_AT_A_TIME)
        await dispatcher.submit(first)
        await dispatcher.submit(second)
        status = (await dispatcher.inspect([second.key]))[second.key]
        assert (status.state, status.refusal) == (CallState.QUEUED, "")
        await until(lambda: kit.noted("t1") == ["start"])
        assert kit.noted("t2") == []
        kit.release("t1")
        await completed(dispatcher, first)
        await completed(dispatcher, second)

    play(scene)
    assert kit.noted() == ["start", "end", "start", "end"]


def test_calls_start_in_the_order_of_submission(kit: Kit) -> None:
    requests = [kit.request(f"t{number}", {"say": "done"}) for number in range(4)]

    async def scene() -> None:
        dispatcher = kit.connect()
        await dispatcher.set_limits(CallLimits(at_once=0))
        for each in requests:
            await dispatcher.submit(each)
        await dispatcher.set_limits(ONE_AT_A_TIME)
        await completed(dispatcher, requests[-1])

    play(scene)
    assert kit.noted() == ["start", "end"] * 4
    assert [kit.noted(f"t{number}") for number in range(4)] == [["start", "end"]] * 4


def test_a_higher_limit_starts_what_waits(kit: Kit) -> None:
    first, second = kit.held("t1"), kit.held("t2")

    async def scene() -> None:
        dispatcher = kit.connect()
        await dispatcher.set_limits(ONE_AT_A_TIME)
        await dispatcher.submit(first)
        await dispatcher.submit(second)
        assert await state(dispatcher, second) is CallState.QUEUED
        await dispatcher.set_limits(CallLimits(at_once=2))
        await until(lambda: kit.noted("t2") == ["start"])
        for name in ("t1", "t2"):
            kit.release(name)
        await completed(dispatcher, first)
        await completed(dispatcher, second)

    play(scene)


def test_never_more_calls_run_than_the_limit_says(kit: Kit) -> None:
    requests = [kit.request(f"t{number}", {"delay": 0.05}) for number in range(8)]

    async def scene() -> None:
        dispatcher = kit.connect()
        await dispatcher.set_limits(CallLimits(at_once=3))
        async with anyio.create_task_group() as group:
            for each in requests:
                group.start_soon(dispatcher.submit, each)
        async with anyio.create_task_group() as group:
            for each in requests:
                group.start_soon(completed, dispatcher, each)

    play(scene)
    running = [1 if word == "start" else -1 for word in kit.noted()]
    assert max(sum(running[: end + 1]) for end in range(len(running))) <= 3
    assert len(running) == 16


def test_a_lost_call_frees_its_place(kit: Kit) -> None:
    first, second = kit.held("t1"), kit.request("t2", {"say": "done"})

    async def scene() -> None:
        dispatcher = kit.connect()
        await dispatcher.set_limits(ONE_AT_A_TIME)
        await dispatcher.submit(first)
        await dispatcher.submit(second)
        await until(lambda: kit.noted("t1") == ["start"])
        kit.kill_everything(first.key)
        await completed(dispatcher, second)

    play(scene)


@pytest.mark.promise("R7.once", "R7.kill")
def test_a_queued_call_survives_a_restart(kit: Kit) -> None:
    request = kit.request("t1", {"say": "done"})

    async def scene() -> None:
        before = kit.connect()
        await before.set_limits(CallLimits(at_once=0))
        await before.submit(request)
        after = kit.connect()
        assert await state(after, request) is CallState.QUEUED
        await after.submit(request)
        await completed(after, request)
        assert await outcome(before, request) == await outcome(after, request)

    play(scene)
    assert kit.noted() == ["start", "end"]


def test_a_queued_call_that_is_cancelled_never_starts(kit: Kit) -> None:
    request = kit.request("t1", {"say": "done"})

    async def scene() -> None:
        dispatcher = kit.connect()
        await dispatcher.set_limits(CallLimits(at_once=0))
        await dispatcher.submit(request)
        await dispatcher.cancel(request.key, "not wanted")
        await dispatcher.set_limits(CallLimits())
        assert (await outcome(dispatcher, request)).reply.outcome is Outcome.CANCELLED

    play(scene)
    assert kit.noted() == []


BRIEF = {
    "wall": Limits(wall_seconds=0.2),
    "idle": Limits(idle_seconds=0.2),
}


async def start_suspended(dispatcher: Dispatcher, request: AgentRequest) -> None:
    """Start a call with suspended limits."""
    await dispatcher.set_limits(CallLimits(at_once=0))
    await dispatcher.submit(request)
    await dispatcher.suspend_limits(request.key)
    await dispatcher.suspend_limits(request.key)
    await dispatcher.set_limits(CallLimits())


@pytest.mark.promise("G6")
@pytest.mark.parametrize("limit", BRIEF)
def test_suspended_limits_stand_still(kit: Kit, limit: str) -> None:
    request = kit.request("t1", {"run": ["sleep", "1"]}, {"say": "done"})

    async def scene() -> None:
        dispatcher = kit.connect()
        limited = request.model_copy(update={"limits": BRIEF[limit]})
        await start_suspended(dispatcher, limited)
        await completed(dispatcher, limited)
        await dispatcher.suspend_limits(request.key)

    play(scene)


@pytest.mark.promise("G6")
@pytest.mark.parametrize("limit", BRIEF)
def test_resumed_limits_count_on(kit: Kit, limit: str) -> None:
    request = kit.held("t1").model_copy(update={"limits": BRIEF[limit]})

    async def scene() -> None:
        dispatcher = kit.connect()
        await start_suspended(dispatcher, request)
        await until(lambda: kit.noted() == ["start"])
        assert await state(dispatcher, request) is CallState.RUNNING
        await kit.connect().resume_limits(request.key)
        found = await outcome(dispatcher, request)
        assert found.reply.outcome is Outcome.TIMED_OUT

    play(scene)


@pytest.mark.promise("G6", "R7.kill")
def test_limits_stay_suspended_when_a_lost_call_is_started_again(kit: Kit) -> None:
    request = kit.held("t1").model_copy(update={"limits": BRIEF["wall"]})

    async def scene() -> None:
        dispatcher = kit.connect()
        await start_suspended(dispatcher, request)
        await until(lambda: kit.noted() == ["start"])
        kit.kill_everything(request.key)
        assert isinstance(await dispatcher.wait_outcome(request.key), CallLost)
        again = kit.connect()
        await again.submit(request)
        await until(lambda: kit.noted() == ["start"] * 2)
        await again.resume_limits(request.key)
        assert (await outcome(again, request)).reply.outcome is Outcome.TIMED_OUT

    play(scene)


def test_a_call_that_nobody_can_take_is_refused_with_the_reason(kit: Kit) -> None:
    request = kit.request("t1", {"say": "done"})

    async def scene() -> None:
        dispatcher = kit.connect()
        await dispatcher.set_limits(NO_AGENT)
        await dispatcher.submit(request)
        status = (await dispatcher.inspect([request.key]))[request.key]
        assert status.state is CallState.QUEUED
        assert "playbook" in status.refusal
        assert await dispatcher.wait_outcome(request.key) == CallRefused(
            request.key, status.refusal
        )
        assert kit.noted() == []
        await dispatcher.set_limits(CallLimits(agents=frozenset({"playbook"})))
        await completed(dispatcher, request)

    play(scene)
    assert kit.noted() == ["start", "end"]


def test_a_refused_call_holds_up_no_other(kit: Kit) -> None:
    refused = kit.request("t1").model_copy(update={"agent": "nobody"})
    other = kit.request("t2", {"say": "done"})

    async def scene() -> None:
        dispatcher = kit.connect()
        await dispatcher.set_limits(CallLimits(at_once=1, agents=frozenset({"playbook"})))
        await dispatcher.submit(refused)
        await dispatcher.submit(other)
        await completed(dispatcher, other)

    play(scene)


def test_a_request_without_a_folder_is_carried_out_or_refused(kit: Kit) -> None:
    request = kit.request("t1", {"say": "done"}).model_copy(update={"folder": ""})

    async def scene() -> None:
        dispatcher = kit.connect()
        await dispatcher.submit(request)
        if kit.makes_worktrees:
            await completed(dispatcher, request)
        else:
            found = await dispatcher.wait_outcome(request.key)
            assert isinstance(found, CallRefused)
            assert "folder" in found.reason

    play(scene)


def test_the_events_of_a_call_come_from_its_start_to_its_end(kit: Kit) -> None:
    request = kit.request("t1", {"say": "one"}, {"say": "two"})
    while_it_runs, afterwards = list[str](), list[str]()

    async def follow(dispatcher: Dispatcher, into: list[str]) -> None:
        async for event in dispatcher.events(request.key):
            into.append(event.text if isinstance(event, TextChunk) else event.type)

    async def scene() -> None:
        dispatcher = kit.connect()
        await dispatcher.set_limits(CallLimits(at_once=0))
        await dispatcher.submit(request)
        async with anyio.create_task_group() as group:
            group.start_soon(follow, dispatcher, while_it_runs)
            await dispatcher.set_limits(CallLimits())
            await completed(dispatcher, request)
        await follow(kit.connect(), afterwards)

    play(scene)
    assert while_it_runs == afterwards == ["one", "two", "final"]


def test_the_latest_event_has_a_time(kit: Kit) -> None:
    request = kit.request("t1", {"say": "one"})

    async def scene() -> None:
        dispatcher = kit.connect()
        await dispatcher.set_limits(CallLimits(at_once=0))
        await dispatcher.submit(request)
        assert (await dispatcher.inspect([request.key]))[request.key].last_event_at is None
        await dispatcher.set_limits(CallLimits())
        found = await outcome(dispatcher, request)
        at = (await dispatcher.inspect([request.key]))[request.key].last_event_at
        assert at is not None
        assert found.started_at - 1 <= at <= found.ended_at + 1

    play(scene)


def test_the_outcome_of_a_forgotten_call_stays(kit: Kit) -> None:
    request = kit.request("t1", {"say": "done"})

    async def scene() -> None:
        dispatcher = kit.connect()
        await dispatcher.submit(request)
        found = await outcome(dispatcher, request)
        await dispatcher.forget([request.key])
        await dispatcher.submit(request)
        assert await outcome(dispatcher, request) == found

    play(scene)
    assert kit.noted() == ["start", "end"]


def test_a_call_that_was_never_submitted_is_unknown(kit: Kit) -> None:
    async def scene() -> None:
        dispatcher = kit.connect()
        found = await dispatcher.inspect(["r-1/none/1/execute"])
        assert found["r-1/none/1/execute"].state is CallState.UNKNOWN
        lost = await dispatcher.wait_outcome("r-1/none/1/execute")
        assert lost == CallLost("r-1/none/1/execute", 0)

    play(scene)
