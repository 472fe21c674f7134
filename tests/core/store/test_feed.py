"""The feed of changes, across processes."""

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from podium.errors import StoreCorrupted
from podium.model.events import Event, EventKind
from podium.store import Change, Cursor, Transaction
from tests.core.store.samples import ME, SMALL, Note, new_store, note, put, reopen
from tests.core.store.test_processes import start

pytestmark = pytest.mark.anyio


async def take(changes: AsyncIterator[Change], number: int) -> list[Change]:
    """Return the next changes of a feed; no clock but the one against hanging."""
    with anyio.fail_after(60):
        return [await anext(changes) for _ in range(number)]


@pytest.mark.promise("W2")
async def test_changes_of_another_process_arrive_while_they_are_waited_for(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "before", 1)
    feed = store.changes(store.cursor())
    received: list[Change] = []

    async def follow() -> None:
        received.extend(await take(feed, 60))

    processes = [start(tmp_path, "create", 20, f"w{number}-") for number in range(3)]
    async with anyio.create_task_group() as group:
        group.start_soon(follow)
        for process in processes:
            await anyio.to_thread.run_sync(process.wait)
    assert [each.sequence for each in received] == list(range(2, 62))
    assert {path for each in received for path in each.paths} == {
        f"notes/w{worker}-{number}.json" for worker in range(3) for number in range(20)
    }
    for process in processes:
        process.communicate()


async def test_a_feed_can_be_resumed_anywhere_across_segments(tmp_path: Path) -> None:
    store = new_store(tmp_path, SMALL)
    for number in range(30):
        put(store, "a", number, text="x" * 200)
    assert len(list((tmp_path / ".podium/run/journal").iterdir())) > 2
    for known in (0, 1, 7, 29):
        changes = await take(store.changes(Cursor(known)), 30 - known)
        assert [each.sequence for each in changes] == list(range(known + 1, 31))


async def test_a_change_carries_who_and_what(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    event = Event(kind=EventKind.TASK_CHANGED, subject="p-1/t1", message="done")

    def work(tx: Transaction) -> None:
        tx.put(note("a"), Note(n=1))
        tx.put(note("b"), Note(n=1))
        tx.record(event)

    store.transact(work)
    (tmp_path / ".podium/notes/a.json").write_text('{"n": 2}')
    store.reconcile()
    first, second = await take(store.changes(Cursor(0)), 2)
    assert (first.actor, first.events) == (ME, (event,))
    assert first.paths == ("notes/a.json", "notes/b.json")
    assert (second.actor.kind, second.paths) == ("external", ("notes/a.json",))


async def test_a_feed_whose_journal_is_gone_says_look_at_everything(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for number in range(5):
        put(store, f"n{number}", number)
    feed = store.changes(store.cursor())
    subprocess.run(["rm", "-r", str(tmp_path / ".podium/run")], check=True)
    put(reopen(tmp_path), "n0", 9)
    (everything,) = await take(feed, 1)
    assert everything.paths == tuple(f"notes/n{number}.json" for number in range(5))
    put(store, "new", 1)
    (more,) = await take(feed, 1)
    assert more.paths == ("notes/new.json",)
    (lost,) = await take(store.changes(Cursor(1000)), 1)
    assert len(lost.paths) == 6


async def test_a_feed_stops_at_damage_and_says_where(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for number in range(3):
        put(store, "a", number)
    (segment,) = (tmp_path / ".podium/run/journal").iterdir()
    segment.write_bytes(segment.read_bytes().replace(b'"n":2', b'"n":8'))
    feed = store.changes(Cursor(0))
    assert [each.sequence for each in await take(feed, 2)] == [1, 2]
    with pytest.raises(StoreCorrupted):
        await take(feed, 1)


async def test_a_feed_works_without_file_events(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    subprocess.run(["rm", "-r", str(tmp_path / ".podium/run")], check=True)
    feed = store.changes(Cursor(0))
    async with anyio.create_task_group() as group:

        async def follow() -> None:
            assert (await take(feed, 1))[0].paths

        group.start_soon(follow)
        await anyio.to_thread.run_sync(put, store, "a", 1)
