"""Documents that were deleted: what is known about them, and how they are restored."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from podium.errors import NotFoundError, PodiumError, WriteConflict
from podium.model.events import EventKind
from podium.store import Store, Transaction
from podium.store.maintenance.deleted import Deleted
from tests.core.store.samples import ME, SMALL, Note, StoppedClock, note, numbers, put
from tests.support.faults import UnsyncedFileSystem

PATH, NEVER = note("a").path, note("z").path
QUICK = UnsyncedFileSystem()
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
YOUNG = replace(SMALL, journal_age=timedelta(days=3))


def store_on(folder: Path, days: int = 0) -> Store:
    clock = StoppedClock(NOON + timedelta(days=days))
    return Store.create(folder / ".podium", actor=ME, retention=YOUNG, fs=QUICK, clock=clock)


def in_podium(folder: Path) -> None:
    def work(tx: Transaction) -> None:
        tx.delete(note("a"))
        tx.put(note("b"), Note(n=4))

    put(store_on(folder), "c", 3)
    store_on(folder).transact(work)


def outside(folder: Path) -> None:
    (folder / ".podium" / PATH).unlink()
    store = store_on(folder)
    assert "a" not in numbers(store)
    put(store, "c", 3)


def twice(folder: Path) -> None:
    in_podium(folder)
    put(store_on(folder), "a", 5)
    in_podium(folder)


def long_ago(folder: Path) -> None:
    """Delete it so long ago that the journal contains neither it nor its deletion."""
    store_on(folder).maintenance.snapshot("before")
    in_podium(folder)
    for day in range(1, 12):
        put(store_on(folder, day), "c", day, text="x" * 3000)
    store = store_on(folder, days=12)
    store.maintenance.snapshot("after")
    store.maintenance.compact()


CASES = pytest.mark.parametrize(
    ("delete", "known"),
    [
        (in_podium, Deleted(False, {"n": 1}, 3)),
        (outside, Deleted(True, {"n": 1}, 2)),
        (twice, Deleted(False, {"n": 5}, 5)),
        (long_ago, Deleted(False, {"n": 1}, 2)),
    ],
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = store_on(tmp_path)
    put(store, "b", 2)
    put(store, "a", 1)
    store.close()
    return tmp_path


@pytest.mark.promise("W3.missing")
@CASES
def test_the_last_content_of_a_deleted_document_is_found(
    delete: Callable[[Path], None], known: Deleted, folder: Path
) -> None:
    delete(folder)
    found = store_on(folder).recovery.find_deleted([PATH, NEVER])
    assert found == {PATH: known, NEVER: Deleted()}


@pytest.mark.promise("W3.missing")
@CASES
def test_a_deleted_document_is_written_again(
    delete: Callable[[Path], None], known: Deleted, folder: Path
) -> None:
    delete(folder)
    store = store_on(folder)
    store.recovery.bring_back(PATH)
    assert known.document is not None
    assert numbers(store)["a"] == numbers(store_on(folder))["a"] == known.document["n"]
    assert store.history(limit=1)[0].event.kind == EventKind.RESTORED
    assert store.maintenance.verify().is_intact


@pytest.mark.parametrize(
    ("path", "error", "said"),
    [
        (NEVER, NotFoundError, "No copy of notes/z.json exists"),
        (PATH, WriteConflict, "notes/a.json exists again"),
    ],
)
def test_what_cannot_be_written_again_is_said(
    path: str, error: type[PodiumError], said: str, folder: Path
) -> None:
    store = store_on(folder)
    before = numbers(store)
    with pytest.raises(error, match=said):
        store.recovery.bring_back(path)
    assert numbers(store) == before
