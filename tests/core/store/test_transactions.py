"""What one process sees of its own store."""

import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from podium.errors import (
    InternalError,
    PathOutsideWorkspace,
    ProjectNotFound,
    StoreCorrupted,
    WriteConflict,
)
from podium.model.base import Frozen, canonical_text, content_hash, to_json
from podium.model.documents import Folder, Key
from podium.model.events import Event, EventKind
from podium.store import Store, Transaction
from tests.core.store.samples import (
    ME,
    NOTES,
    SMALL,
    Note,
    StoppedClock,
    new_store,
    note,
    numbers,
    put,
    reopen,
)
from tests.support.faults import FaultFileSystem


def test_a_committed_document_is_a_canonical_private_file(tmp_path: Path) -> None:
    put(new_store(tmp_path), "a", 1, text="naïve 😀")
    path = tmp_path / ".podium/notes/a.json"
    assert path.read_text() == canonical_text({"n": 1, "text": "naïve 😀"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_every_file_and_folder_of_a_store_is_private(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    store.close()
    modes = {
        path: stat.S_IMODE(path.stat().st_mode)
        for path in [tmp_path / ".podium", *(tmp_path / ".podium").rglob("*")]
    }
    loose = [path for path, mode in modes.items() if mode not in (0o600, 0o700)]
    assert not loose


@pytest.mark.promise("W1")
def test_what_was_written_is_read_by_a_later_process(tmp_path: Path) -> None:
    first = new_store(tmp_path)
    put(first, "a", 1)
    put(first, "b", 2)
    first.transact(lambda tx: tx.delete(note("a")))
    assert numbers(reopen(tmp_path)) == {"b": 2}
    first.close()
    again = reopen(tmp_path)
    assert numbers(again) == {"b": 2}
    assert again.get(note("a")) is None


def test_another_store_object_sees_a_change_at_once(tmp_path: Path) -> None:
    one, other = new_store(tmp_path), reopen(tmp_path)
    put(one, "a", 1)
    assert other.get(note("a")) == Note(n=1)
    put(other, "a", 2)
    assert one.get(note("a")) == Note(n=2)


def test_a_transaction_sees_its_own_writes_and_nobody_else_does(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    put(store, "b", 1)

    def work(tx: Transaction) -> None:
        tx.put(note("a"), Note(n=2))
        tx.put(note("c"), Note(n=3))
        tx.delete(note("b"))
        assert tx.get(note("a")) == Note(n=2)
        assert tx.get(note("b")) is None
        assert {path: each.n for path, each in tx.list(NOTES).items()} == {
            "notes/a.json": 2,
            "notes/c.json": 3,
        }
        assert numbers(store) == {"a": 1, "b": 1}

    store.transact(work)
    assert numbers(store) == {"a": 2, "c": 3}


def test_nothing_is_written_when_the_work_raises(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)

    def work(tx: Transaction) -> None:
        tx.put(note("a"), Note(n=2))
        raise LookupError

    with pytest.raises(LookupError):
        store.transact(work)
    assert numbers(reopen(tmp_path)) == {"a": 1}


def test_a_transaction_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    before = store.cursor()

    def work(tx: Transaction) -> str:
        tx.put(note("a"), Note(n=2))
        tx.put(note("a"), Note(n=1))
        tx.delete(note("never"))
        return "result"

    assert store.transact(work) == "result"
    assert store.cursor() == before


@pytest.mark.promise("W4")
def test_a_stale_base_is_refused_and_named(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    seen = store.hash_of(note("a"))
    assert seen == content_hash(to_json(Note(n=1)))
    put(store, "a", 2)

    def work(tx: Transaction) -> None:
        tx.expect(note("a"), seen)

    with pytest.raises(WriteConflict, match=r"notes/a\.json") as refusal:
        store.transact(work)
    assert refusal.value.hints
    store.transact(lambda tx: tx.expect(note("a"), store.hash_of(note("a"))))
    store.transact(lambda tx: tx.expect(note("none"), None))
    assert store.hash_of(note("none")) is None


def test_a_transaction_is_dead_after_its_work(tmp_path: Path) -> None:
    kept = new_store(tmp_path).transact(lambda tx: tx)
    with pytest.raises(InternalError):
        kept.put(note("a"), Note())


def test_a_transaction_inside_a_transaction_is_refused_not_waited_for(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    with pytest.raises(InternalError):
        store.transact(lambda _: put(store, "a", 1))
    put(store, "a", 2)


@pytest.mark.promise("W4")
def test_a_document_of_the_wrong_shape_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    class Other(Frozen):
        colour: str

    store = new_store(tmp_path)
    put(store, "a", 1)
    for read in (
        lambda: store.get(Key("notes/a.json", Other)),
        lambda: store.list(Folder("notes/*.json", Other)),
        lambda: store.transact(lambda tx: tx.get(Key("notes/a.json", Other))),
    ):
        with pytest.raises(StoreCorrupted, match=r"notes/a\.json.*colour"):
            read()
    assert numbers(store) == {"a": 1}


@pytest.mark.parametrize(
    "path",
    [
        "../outside.json",
        "/etc/passwd.json",
        "notes/../../x.json",
        "run/checkpoint.json",
        "store.json",
        "notes/x.txt",
        "notes//x.json",
        ".git/x.json",
        "notes/.hidden.json",
        "notes/a\n.json",
        "",
    ],
)
def test_a_key_that_leads_elsewhere_is_refused(tmp_path: Path, path: str) -> None:
    store, key = new_store(tmp_path), Key(path, Note)
    asks: list[Callable[[], object]] = [
        lambda: store.get(key),
        lambda: store.transact(lambda tx: tx.put(key, Note())),
        lambda: store.transact(lambda tx: tx.delete(key)),
    ]
    for ask in asks:
        with pytest.raises(PathOutsideWorkspace):
            ask()


def test_a_link_inside_the_store_is_neither_followed_nor_written_through(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.json").write_text('{"n": 7}')
    (tmp_path / ".podium/notes").symlink_to(outside)
    assert store.reconcile() == []
    assert store.list(NOTES) == {}
    with pytest.raises(PathOutsideWorkspace, match="notes"):
        put(store, "b", 1)
    assert [each.name for each in outside.iterdir()] == ["a.json"]


@pytest.mark.promise("W2")
def test_history_tells_who_did_what_newest_last(tmp_path: Path) -> None:
    store = new_store(tmp_path)

    def tell(subject: str, text: str) -> None:
        event = Event(kind=EventKind.TASK_CHANGED, subject=subject, message=text)
        store.transact(lambda tx: tx.record(event))

    for number in range(5):
        tell("p-1", f"plan {number}")
        tell("p-1/t1", f"task {number}")
        tell("p-10", f"other {number}")
    assert [each.event.message for each in store.history(limit=2)] == ["task 4", "other 4"]
    assert [each.event.message for each in store.history("p-1", limit=3)] == [
        "task 3",
        "plan 4",
        "task 4",
    ]
    assert [each.event.message for each in store.history("p-1/t1")] == [
        f"task {number}" for number in range(5)
    ]
    last = store.history(limit=1)[0]
    assert (last.actor, last.sequence) == (ME, 15)
    assert store.history("p-2") == []


@pytest.mark.promise("W2")
def test_every_journal_line_carries_its_checksum_and_the_hashes_of_both_sides(
    tmp_path: Path,
) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    put(store, "a", 2)
    (segment,) = (tmp_path / ".podium/run/journal").iterdir()
    first, second = (json.loads(line[9:]) for line in segment.read_text().splitlines())
    assert set(first) == {"seq", "prev", "ts", "actor", "tx", "ops", "ev"}
    assert first["ops"] == [
        {
            "p": "notes/a.json",
            "before": None,
            "after": content_hash({"n": 1}),
            "doc": {"n": 1},
        }
    ]
    assert second["ops"][0]["before"] == content_hash({"n": 1})
    assert (first["seq"], second["seq"]) == (1, 2)


@pytest.mark.promise("W4")
def test_no_store_is_an_error_that_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ProjectNotFound) as refusal:
        Store.open(tmp_path / ".podium", actor=ME)
    assert "podium init" in refusal.value.hints[0]
    assert not os.listdir(tmp_path)


def test_making_a_store_twice_opens_it(tmp_path: Path) -> None:
    put(new_store(tmp_path), "a", 1)
    identity = (tmp_path / ".podium/store.json").read_text()
    assert numbers(new_store(tmp_path)) == {"a": 1}
    assert (tmp_path / ".podium/store.json").read_text() == identity
    ignored = (tmp_path / ".podium/.gitignore").read_text().splitlines()
    assert {"/run/", "/runs/", "/sessions/", "/findings/", "*.tmp~*"} < set(ignored)


def test_a_long_life_turns_segments_and_checkpoints_and_loses_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path, SMALL)
    for number in range(60):
        put(store, f"n{number % 7}", number, text="x" * 100)
    assert len(list((tmp_path / ".podium/run/journal").iterdir())) > 3
    assert (tmp_path / ".podium/run/checkpoint.json").exists()
    expected = {f"n{number % 7}": number for number in range(60)}
    for again in (store, reopen(tmp_path, SMALL)):
        assert numbers(again) == expected
    (tmp_path / ".podium/run/checkpoint.json").unlink()
    assert numbers(reopen(tmp_path)) == expected


def test_a_damaged_index_falls_back_to_the_journal(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    put(store, "b", 2)
    store.close()
    (index,) = (tmp_path / ".podium/run").glob("index-*.json")
    index.write_bytes(index.read_bytes().replace(b"a", b"b"))
    (tmp_path / ".podium/notes/a.json").unlink()
    assert numbers(reopen(tmp_path)) == {"b": 2}


LATER = StoppedClock(datetime(2100, 1, 1, tzinfo=UTC))
"""Every file is old enough to be known by its metadata."""


@pytest.mark.promise("W6")
def test_documents_are_read_when_they_are_needed_and_only_once(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for number in range(30):
        put(store, f"n{number}", number)
    Store.open(tmp_path / ".podium", actor=ME, clock=LATER).close()

    fs = FaultFileSystem()
    store = Store.open(tmp_path / ".podium", actor=ME, fs=fs, clock=LATER)
    assert fs.operations.count("read") < 10, "the index knows the files"
    fs.operations.clear()
    first = store.list(NOTES)
    assert fs.operations.count("read") == 30
    fs.operations.clear()
    second = store.list(NOTES)
    assert set(fs.operations) == {"stat"}
    assert len(fs.operations) == 2, "one look whether the journal has grown or turned"
    assert all(second[path] is value for path, value in first.items())


# -- reading several documents


@pytest.mark.promise("W1")
def test_what_is_read_in_one_block_is_of_one_moment_whoever_writes_meanwhile(
    tmp_path: Path,
) -> None:
    reader, writer = new_store(tmp_path), reopen(tmp_path)

    def both(number: int) -> None:
        def work(tx: Transaction) -> None:
            tx.put(note("a"), Note(n=number))
            tx.put(note("b"), Note(n=number))

        writer.transact(work)

    both(1)
    with reader.consistent_read():
        assert reader.get(note("a")) == Note(n=1)
        both(2)
        assert reader.get(note("b")) == Note(n=1)
        assert numbers(reader) == {"a": 1, "b": 1}
    assert numbers(reader) == {"a": 2, "b": 2}


def test_a_block_that_reads_cannot_write(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    with store.consistent_read(), pytest.raises(InternalError):
        put(store, "a", 1)
    put(store, "a", 1)
    assert numbers(store) == {"a": 1}
