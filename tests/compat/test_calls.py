"""Calls that the former program's shims made, finished, left behind or still carry out."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from podium.agents.local_dispatcher import LocalDispatcher
from podium.model.agents import Outcome
from podium.ports.dispatcher import CallLost, CallOutcome, CallState
from tests.compat.renamed import compared, translated
from tests.support.former import Installation
from tests.support.projects import Json

_FORMER_OUTCOMES = 9
"""How many outcomes the former version knew; it made a call that ended with each."""


@dataclass(frozen=True)
class Calls:
    """The calls in a folder, as the former program left them.

    Args:
        place: the folder.
        told: by key, what the former program read of each call.
    """

    place: Path
    told: dict[str, Json]

    @property
    def dispatcher(self) -> LocalDispatcher:
        """Return the present dispatcher for these calls."""
        return LocalDispatcher(self.place / "calls")

    def lines(self, name: str) -> list[str]:
        """Return the lines of a file in which the calls write down what they do."""
        return (self.place / name).read_text().splitlines()


@pytest.fixture(scope="module")
def calls(former: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    """Let the former program make calls; whatever runs at the end is ended."""
    place = tmp_path_factory.mktemp("calls")
    told = former.script("write_calls.py.txt", str(place))
    assert Path(told["program"]).is_relative_to(former.folder)
    made = Calls(place, told["calls"])
    yield made
    anyio.run(end_all, made)


async def end_all(calls: Calls) -> None:
    for key in calls.told:
        await calls.dispatcher.cancel(key, "the test is over")


def key(name: str) -> str:
    return f"r-1/{name}/1/execute"


@pytest.mark.promise("R7.once", "W5")
def test_what_calls_were_asked_and_what_they_said_is_read_as_it_was(calls: Calls) -> None:
    states = anyio.run(calls.dispatcher.inspect, list(calls.told))
    for name, told in calls.told.items():
        folder = calls.dispatcher.folder(name)
        events = [translated("AgentEvent", each) for each in told["events"]]
        result = folder.result()
        assert states[name].state == told["state"], name
        request = compared("Request", folder.request().model_dump(mode="json"))
        assert request == translated("Request", told["request"])
        found = [compared("AgentEvent", each.model_dump(mode="json")) for each in folder.events()]
        assert found == events, name
        assert (result and compared("CallResult", result.model_dump(mode="json"))) == (
            told["result"] and translated("CallResult", told["result"])
        ), name


@pytest.mark.promise("R7.once", "G1")
def test_each_call_is_finished_rightly_and_none_is_repeated(calls: Calls) -> None:
    async def scene() -> None:
        with anyio.fail_after(300):
            await finished_calls_are_not_started(calls)
            await calls_under_way_are_waited_for(calls)

    anyio.run(scene)
    marks = calls.lines("marks")
    names = ["ended", "cut-off", "cancelled", "running", "orphaned", "unwanted"]
    assert sorted(marks) == sorted([*names, "lost", "lost"])
    ledger = calls.lines("ledger")
    for name in ("running", "orphaned"):
        assert [each.split()[0] for each in ledger if key(name) in each] == ["start", "end"]


async def finished_calls_are_not_started(calls: Calls) -> None:
    dispatcher = calls.dispatcher
    finished = [each for each, told in calls.told.items() if told["result"]]
    assert len(finished) == 3 + _FORMER_OUTCOMES - 1
    for name in finished:
        await dispatcher.submit(dispatcher.folder(name).request())
        found = await dispatcher.wait_outcome(name)
        assert isinstance(found, CallOutcome)
        reply = translated("CallResult", calls.told[name]["result"])["reply"]
        own = compared("CallResult", {"reply": found.reply.model_dump(mode="json")})
        assert own["reply"] == reply
    assert (await dispatcher.wait_outcome(key("cancelled"))).key == key("cancelled")


async def calls_under_way_are_waited_for(calls: Calls) -> None:
    dispatcher = calls.dispatcher
    for name in ("running", "orphaned", "unwanted"):
        await dispatcher.submit(dispatcher.folder(key(name)).request())
    await dispatcher.cancel(key("unwanted"), "no need")
    assert (await outcome(calls, "unwanted")) == (Outcome.CANCELLED, "", False)
    assert await dispatcher.wait_outcome(key("lost")) == CallLost(key("lost"), 1)
    assert (await dispatcher.inspect([key("lost")]))[key("lost")].state is CallState.LOST

    (calls.place / "release").touch()
    assert await outcome(calls, "running") == (Outcome.COMPLETED, "done", False)
    assert await outcome(calls, "orphaned") == (Outcome.COMPLETED, "done", True)
    # It had said its last word; it is not asked again.
    assert await outcome(calls, "is-cancelled") == (Outcome.CANCELLED, "text", True)
    await dispatcher.submit(dispatcher.folder(key("lost")).request())
    assert await outcome(calls, "lost") == (Outcome.COMPLETED, "done", False)


async def outcome(calls: Calls, name: str) -> tuple[Outcome, str, bool]:
    found = await calls.dispatcher.wait_outcome(key(name))
    assert isinstance(found, CallOutcome), found
    return found.reply.outcome, found.reply.text, found.reply.salvaged
