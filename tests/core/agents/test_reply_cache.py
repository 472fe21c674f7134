"""Replies that are reused: only to equal requests of roles that change nothing."""

import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from podium.agents.replies import cache as cache_module
from podium.agents.replies.cache import CacheableRequest, ReplyCache
from podium.agents.replies.stores import FileStore, LayeredStore, MemoryStore
from podium.errors import PathOutsideWorkspace
from podium.model.agents import (
    AgentReply,
    AgentSpec,
    Availability,
    CacheSettings,
    Outcome,
    Role,
    Usage,
)
from podium.model.plans import AgentChoice
from podium.ports.cache import CacheStore

BEGAN = datetime(2026, 11, 30, 12, tzinfo=UTC)
MakeStore = Callable[[Path], CacheStore]
STORES: dict[str, MakeStore] = {
    "memory": lambda _: MemoryStore(100),
    "files": lambda place: FileStore(100, place),
    "layers": lambda place: LayeredStore(MemoryStore(100), FileStore(100, place)),
}


def use(store: CacheStore, folder: Path, *steps: str) -> None:
    """Put (`+a`), get (`?a`) or remove (`-a`) values of forty bytes."""
    for step in steps:
        match step[0]:
            case "+":
                store.put(step[1:], step[1:].encode() * 40)
            case "?":
                store.get(step[1:])
            case _:
                store.remove(step[1:])
        # The files' times differ, however coarse the clock of the file system is.
        for path in folder.glob("replies/*.json"):
            then = path.stat().st_mtime - 10
            os.utime(path, (then, then))


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        (["+a"], "a"),
        (["+a", "+b"], "ab"),
        (["+a", "+b", "+c"], "bc"),
        (["+a", "+b", "?a", "+c"], "ac"),
        (["+a", "+b", "+a", "+c"], "ac"),
        (["+a", "-a"], ""),
        (["-a", "?a"], ""),
    ],
)
@pytest.mark.parametrize("name", STORES)
@pytest.mark.promise("G8.memory", "G8.disk", "G8.limits")
def test_the_least_recently_used_values_go_first(
    name: str, steps: list[str], left: str, tmp_path: Path
) -> None:
    store = STORES[name](tmp_path)
    use(store, tmp_path, *steps)
    assert "".join(key for key in "abc" if store.get(key) == key.encode() * 40) == left


@pytest.mark.promise("G8.disk")
def test_files_last_and_are_the_users_own(tmp_path: Path) -> None:
    FileStore(100, tmp_path).put("a", b"{}")
    layered = LayeredStore(MemoryStore(100), FileStore(100, tmp_path))
    assert layered.get("a") == b"{}"
    (path,) = (tmp_path / "replies").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.unlink()
    assert layered.get("a") == b"{}", "it is in memory now"


@pytest.mark.parametrize("name", ["replies", "replies/a.json"])
@pytest.mark.promise("X1.own-files")
def test_no_link_is_followed(name: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.json").write_text("theirs")
    (outside / "file").write_text("theirs")
    root = tmp_path / "cache"
    (root / name).parent.mkdir(parents=True)
    (root / name).symlink_to(outside if name == "replies" else outside / "file")
    store = FileStore(100, root)
    with pytest.raises(PathOutsideWorkspace):
        store.get("a")
    if name == "replies":
        with pytest.raises(PathOutsideWorkspace):
            store.put("a", b"mine")
    else:
        store.put("a", b"mine")
    assert {path.read_text() for path in outside.iterdir()} == {"theirs"}


class _Clock:
    def __init__(self) -> None:
        self.time = BEGAN

    def now(self) -> datetime:
        return self.time


class _Agent:
    def __init__(self) -> None:
        self.version, self.cacheable = "1.0", True

    def describe(self) -> AgentSpec:
        return AgentSpec(name="x", title="X", summary="", cacheable=self.cacheable)

    def available(self, options: dict[str, str]) -> Availability:
        return Availability(available=True, version=self.version)


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> _Agent:
    made = _Agent()

    def load(_name: str) -> _Agent:
        return made

    monkeypatch.setattr(cache_module, "load_agent", load)
    return made


CHOICE = AgentChoice(agent="x", options={"model": "m"})
REQUEST = CacheableRequest(CHOICE, Role.AUDITOR, "look at it", "tree-1", {"copied": {}})
REPLY = AgentReply(
    outcome=Outcome.COMPLETED, text="clean", usage=Usage(input_tokens=9), session_id="s"
)


def find(cache: ReplyCache, request: CacheableRequest) -> AgentReply | None:
    return anyio.run(cache.find, request)


@pytest.mark.parametrize(
    "change",
    [
        {"choice": AgentChoice(agent="y", options={"model": "m"})},
        {"choice": AgentChoice(agent="x", options={"model": "n"})},
        {"role": Role.ARCHITECT},
        {"prompt": "look at it again"},
        {"tree": "tree-2"},
        {"surroundings": {"copied": {".env": "1"}}},
    ],
)
@pytest.mark.promise("G8.key")
def test_only_an_equal_request_is_answered(
    agent: _Agent, change: dict[str, Any], tmp_path: Path
) -> None:
    store = FileStore(10_000, tmp_path)
    cache = ReplyCache(CacheSettings(), _Clock(), store)
    assert find(cache, REQUEST) is None
    anyio.run(cache.keep, REQUEST, REPLY)
    assert find(cache, REQUEST) == AgentReply(outcome=Outcome.COMPLETED, text="clean")
    assert find(cache, replace(REQUEST, **change)) is None
    agent.version = "1.1"
    assert find(ReplyCache(CacheSettings(), _Clock(), store), REQUEST) is None
    (path,) = (tmp_path / "replies").iterdir()
    assert "look at it" not in path.read_text()
    assert json.loads(path.read_text())["reply"]["text"] == "clean"


@pytest.mark.promise("G8.limits")
def test_a_reply_has_a_lifetime(agent: _Agent) -> None:
    clock, store = _Clock(), MemoryStore(10_000)
    cache = ReplyCache(CacheSettings(hours=2), clock, store)
    anyio.run(cache.keep, REQUEST, REPLY)
    clock.time += timedelta(hours=2)
    assert find(cache, REQUEST) is not None
    clock.time += timedelta(seconds=1)
    assert find(cache, REQUEST) is None
    clock.time = BEGAN
    assert find(cache, REQUEST) is None, "it was forgotten"


@pytest.mark.promise("G8.effects")
def test_calls_that_may_change_something_are_never_answered(agent: _Agent) -> None:
    cache = ReplyCache(CacheSettings(), _Clock(), MemoryStore(10_000))
    used = {role for role in Role if cache.is_used_for(CHOICE, role)}
    assert used == {Role.ARCHITECT, Role.AUDITOR}
    off = ReplyCache(CacheSettings(enabled=False), _Clock(), MemoryStore(10_000))
    assert not off.is_used_for(CHOICE, Role.AUDITOR)
    agent.cacheable = False
    assert not cache.is_used_for(CHOICE, Role.AUDITOR)


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.COMPLETED])
def test_a_failure_is_not_kept(agent: _Agent, outcome: Outcome) -> None:
    cache = ReplyCache(CacheSettings(), _Clock(), MemoryStore(10_000))
    anyio.run(cache.keep, REQUEST, REPLY.model_copy(update={"outcome": outcome}))
    assert find(cache, REQUEST) is None


def test_a_damaged_file_is_no_reply(agent: _Agent, tmp_path: Path) -> None:
    cache = ReplyCache(CacheSettings(), _Clock(), FileStore(10_000, tmp_path))
    anyio.run(cache.keep, REQUEST, REPLY)
    (path,) = (tmp_path / "replies").iterdir()
    path.write_text("{")
    assert find(cache, REQUEST) is None
