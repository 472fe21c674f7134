"""Finished calls in one file per run: what a crash cuts off, who may read, what stays readable."""

import json
import os
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from podium.agents.call_directory import CallDirectory, CallResult, FileSink, pack_calls
from podium.agents.call_pack import PACK_NAME, PackedCall, add_calls, find_call
from podium.agents.local_dispatcher import LocalDispatcher
from podium.model.agents import AgentReply, AgentRequest, Final, Outcome, Role, TextChunk
from podium.ports.dispatcher import CallOutcome, CallState
from tests.support.limits import no_files


def request(key: str) -> AgentRequest:
    return AgentRequest(
        key=key, agent="playbook", role=Role.EXECUTOR, prompt="do it", folder="/x", task_id="t"
    )


def packed(words: str) -> PackedCall:
    return PackedCall(request=request(words), result="{}", events=words * 50)


def finished_call(calls: Path, key: str, words: str = "I did it") -> CallDirectory:
    folder = CallDirectory(calls / key)
    folder.prepare(request(key))
    reply = AgentReply(outcome=Outcome.COMPLETED, text=words)
    sink = FileSink(folder.output)
    sink.emit(TextChunk(text=words))
    sink.emit(Final(reply=reply))
    sink.close()
    folder.count_try()
    folder.finish(CallResult(reply=reply, started_at=1.0, ended_at=2.0))
    return folder


@pytest.mark.promise("R7.once")
def test_a_file_that_the_machine_refuses_to_open_is_not_taken_for_missing(tmp_path: Path) -> None:
    """A call that has ended would be made again."""
    pack = tmp_path / PACK_NAME
    add_calls(pack, {"a": packed("a")})
    with no_files(os.getpid()), pytest.raises(OSError, match="Too many open files"):
        find_call(pack, "a")
    assert find_call(pack, "a") == packed("a")


@pytest.mark.promise("W6")
@hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(
    st.lists(st.text("ab", min_size=1, max_size=3), unique=True, min_size=1, max_size=5),
    st.data(),
)
def test_a_file_that_a_crash_cut_off_anywhere_keeps_all_whole_calls(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], data: st.DataObject
) -> None:
    pack = tmp_path_factory.mktemp("run") / PACK_NAME
    sizes = [0]
    for name in names:
        add_calls(pack, {name: packed(name)})
        sizes.append(pack.stat().st_size)
    cut = data.draw(st.integers(0, sizes[-1]))
    pack.write_bytes(pack.read_bytes()[:cut])
    whole = [name for name, end in zip(names, sizes[1:], strict=True) if end <= cut]
    assert [name for name in names if find_call(pack, name)] == whole
    add_calls(pack, {"later": packed("later")})
    for name in [*whole, "later"]:
        assert find_call(pack, name) == packed(name)
    assert [name for name in names if find_call(pack, name)] == whole


def test_a_call_is_added_once(tmp_path: Path) -> None:
    pack = tmp_path / PACK_NAME
    add_calls(pack, {"a": packed("a")})
    size = pack.stat().st_size
    add_calls(pack, {"a": packed("other")})
    assert pack.stat().st_size == size
    assert find_call(pack, "a") == packed("a")


@pytest.mark.promise("X1.links")
def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("mine")
    (tmp_path / PACK_NAME).symlink_to(other)
    with pytest.raises(OSError, match="symbolic links"):
        add_calls(tmp_path / PACK_NAME, {"a": packed("a")})
    assert find_call(tmp_path / PACK_NAME, "a") is None
    assert other.read_text() == "mine"


@pytest.mark.anyio
@pytest.mark.promise("R7.once", "W6")
async def test_a_packed_call_is_read_as_before_and_not_made_again(tmp_path: Path) -> None:
    dispatcher = LocalDispatcher(tmp_path)
    keys = [f"r-1/t{number}/1/execute" for number in range(3)]
    for key in keys:
        finished_call(tmp_path, key, f"I did {key}")
    before = [await dispatcher.wait_outcome(key) for key in keys]
    await dispatcher.forget(keys)
    assert [each.name for each in (tmp_path / "r-1").iterdir()] == [PACK_NAME]
    await dispatcher.submit(request(keys[0]))
    assert [await dispatcher.wait_outcome(key) for key in keys] == before
    assert all(isinstance(each, CallOutcome) for each in before)
    folder = CallDirectory(tmp_path / keys[1])
    assert folder.request() == request(keys[1])
    assert folder.state() is CallState.FINISHED
    texts = [each.text for each in folder.recent_events() if isinstance(each, TextChunk)]
    assert texts == [f"I did {keys[1]}"]
    folder.unpack_output()
    assert json.loads(folder.output.read_text().splitlines()[0])["text"] == texts[0]


def test_what_is_alive_or_has_more_files_is_not_packed(tmp_path: Path) -> None:
    alive = finished_call(tmp_path, "r-1/alive/1/execute")
    lock = alive.try_lock()
    assert lock is not None
    lost = finished_call(tmp_path, "r-1/lost/1/execute")
    (lost.path / "out.lost-1.jsonl").write_text("{}\n")
    open_call = CallDirectory(tmp_path / "r-1/open/1/execute")
    open_call.prepare(request("r-1/open/1/execute"))
    with open(lock, "rb"):
        assert pack_calls([alive, lost, open_call]) == frozenset()
    assert pack_calls([alive, lost, open_call]) == {alive.path}
    assert (lost.path / "request.json").exists()
    assert open_call.state() is CallState.QUEUED


@pytest.mark.anyio
@pytest.mark.promise("X1.paths")
@pytest.mark.parametrize("key", ["r-1/../x/execute", "/r-1/t/execute", "a/b", "r-1/t/1/a/b"])
async def test_a_key_that_names_another_place_is_ignored(tmp_path: Path, key: str) -> None:
    calls = tmp_path / "calls"
    finished_call(calls, "r-1/t/1/execute")
    folder = finished_call(tmp_path, "x/execute/1/2")
    await LocalDispatcher(calls).forget([key])
    assert (folder.path / "request.json").exists()
