"""Files that people, editors and git change behind the store's back, and what crashes leave."""

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from podium.errors import StoreCorrupted, WriteConflict
from podium.model.base import canonical_text
from podium.model.documents import Folder
from podium.model.events import EventKind
from podium.store import Store, Transaction
from tests.core.store.samples import (
    ME,
    NOTES,
    Note,
    StoppedClock,
    increment,
    lose_power,
    new_store,
    note,
    numbers,
    put,
    reopen,
)

CONFLICT = '{\n<<<<<<< ours\n  "n": 1\n=======\n  "n": 2\n>>>>>>> theirs\n}\n'


def file_of(folder: Path, name: str) -> Path:
    return folder / f".podium/notes/{name}.json"


def edit(folder: Path, name: str, text: str) -> None:
    """Write a file as an editor does: in place."""
    path = file_of(folder, name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def closed_store(folder: Path, **notes: int) -> None:
    """Leave a store with notes behind, all of them durable."""
    store = new_store(folder)
    for name, n in notes.items():
        put(store, name, n)
    store.close()


@pytest.mark.promise("W1")
def test_an_edit_made_while_nobody_looked_is_adopted_at_open(tmp_path: Path) -> None:
    closed_store(tmp_path, a=1, b=1)
    edit(tmp_path, "a", '{"n": 5}')
    edit(tmp_path, "new", '{"n": 6}')
    file_of(tmp_path, "b").unlink()
    store = reopen(tmp_path)
    assert numbers(store) == {"a": 5, "new": 6}
    told = [(each.actor.kind, each.event.kind, each.event.subject) for each in store.history()]
    assert told == [
        ("external", EventKind.ADOPTED, "notes/a.json"),
        ("external", EventKind.ADOPTED, "notes/b.json"),
        ("external", EventKind.ADOPTED, "notes/new.json"),
    ]
    assert store.problems == []


@pytest.mark.promise("W1")
def test_a_transaction_works_on_the_edit_that_came_before_it(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    edit(tmp_path, "a", '{"n": 8}')
    assert increment(store, "a") == 9
    edit(tmp_path, "a", '{"n": 3}')
    assert increment(store, "a") == 4
    edit(tmp_path, "b", '{"n": 1}')
    listed = store.transact(lambda tx: tx.list(NOTES))
    assert [each.n for each in listed.values()] == [4, 1]
    assert numbers(reopen(tmp_path)) == {"a": 4, "b": 1}


def test_an_edit_makes_an_older_base_stale(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    seen = store.hash_of(note("a"))
    edit(tmp_path, "a", '{"n": 2}')
    with pytest.raises(WriteConflict):
        store.transact(lambda tx: tx.expect(note("a"), seen))


@pytest.mark.promise("W1")
def test_an_edit_during_a_transaction_is_not_written_over(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)

    def work(tx: Transaction) -> None:
        tx.put(note("a"), Note(n=2))
        edit(tmp_path, "a", '{"n": 99, "text": "typed just now"}')

    store.transact(work)
    assert json.loads(file_of(tmp_path, "a").read_text())["n"] == 99
    assert store.reconcile() == ["notes/a.json"]
    assert numbers(store) == {"a": 99}


def test_adopt_takes_over_edits_deletions_and_new_files(tmp_path: Path) -> None:
    store, other = new_store(tmp_path), reopen(tmp_path)
    put(store, "a", 1)
    put(store, "b", 2)
    assert store.reconcile() == []
    file_of(tmp_path, "a").unlink()
    edit(tmp_path, "c", '{"n": 3}')
    assert store.reconcile() == ["notes/a.json", "notes/c.json"]
    assert numbers(store) == numbers(other) == {"b": 2, "c": 3}
    assert store.reconcile() == []


def test_another_layout_of_the_same_content_is_no_edit(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    before = store.cursor()
    edit(tmp_path, "a", '{ "n":\n\n 1 }')
    assert store.reconcile() == []
    assert store.cursor() == before
    assert reopen(tmp_path).get(note("a")) == Note(n=1)


@pytest.mark.promise("W1")
def test_git_checkout_of_an_older_file_is_an_edit_not_a_crash(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )

    closed_store(tmp_path, a=1, b=1)
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "first")
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout.split()
    assert ".podium/store.json" in tracked
    assert not any(path.startswith(".podium/run/") for path in tracked)

    store = reopen(tmp_path)
    put(store, "a", 2)
    git("checkout", "--quiet", "--", ".podium/notes/a.json")
    assert store.reconcile() == ["notes/a.json"], "this process had seen the newer file in place"
    assert numbers(store) == {"a": 1, "b": 1}

    put(store, "a", 3)
    store.close()
    git("checkout", "--quiet", "--", ".podium/notes/a.json")
    assert numbers(reopen(tmp_path)) == {"a": 1, "b": 1}, "at or below the mark it is an edit"


@pytest.mark.promise("W1")
def test_a_fresh_clone_is_taken_over_whole(tmp_path: Path) -> None:
    original, clone = tmp_path / "original", tmp_path / "clone"
    original.mkdir()
    closed_store(original, a=1, b=2)
    subprocess.run(["git", "init", "--quiet", str(original)], check=True)
    for arguments in (["add", "."], ["commit", "--quiet", "-m", "all"]):
        subprocess.run(
            ["git", "-C", str(original), "-c", "user.name=t", "-c", "user.email=t@t", *arguments],
            check=True,
        )
    subprocess.run(["git", "clone", "--quiet", str(original), str(clone)], check=True)
    assert not (clone / ".podium/run").exists()
    assert numbers(reopen(clone)) == {"a": 1, "b": 2}
    assert len(reopen(clone).history()) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"n": 5', "line 1"),
        (CONFLICT, "conflict markers"),
        ('{"n": 1, "n": 2}', "twice"),
        ('{"n": NaN}', "NaN"),
        pytest.param("[1]", "not a JSON object", id="[1]-not hold a JSON object"),
        ('{"text": "\\ud800"}', "cannot be stored"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
@pytest.mark.promise("W1")
def test_a_broken_file_is_copied_left_alone_and_answered_by_the_journal(
    tmp_path: Path, text: str, reason: str
) -> None:
    closed_store(tmp_path, a=1)
    edit(tmp_path, "a", text)
    for store in (reopen(tmp_path), reopen(tmp_path)):
        assert numbers(store) == {"a": 1}
        (problem,) = store.problems
        assert problem.path == "notes/a.json"
        assert reason in problem.reason
        assert problem.kept
        assert (tmp_path / ".podium" / problem.kept).read_text() == text
        assert file_of(tmp_path, "a").read_text() == text
    edit(tmp_path, "a", '{"n": 7}')
    assert store.reconcile() == ["notes/a.json"]
    assert numbers(store) == {"a": 7}
    assert store.problems == []


def test_writing_a_broken_document_mends_its_file(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    edit(tmp_path, "a", CONFLICT)
    assert increment(store, "a") == 2
    assert file_of(tmp_path, "a").read_text() == canonical_text({"n": 2})
    (kept,) = (tmp_path / ".podium/run/quarantine").iterdir()
    assert kept.read_text() == CONFLICT
    assert store.problems == []


def test_bytes_that_are_no_text_and_a_folder_in_a_files_place_are_problems(tmp_path: Path) -> None:
    closed_store(tmp_path, a=1, b=1)
    file_of(tmp_path, "a").write_bytes(b'{"n": "\xff"}')
    file_of(tmp_path, "b").unlink()
    file_of(tmp_path, "b").mkdir()
    store = reopen(tmp_path)
    assert numbers(store) == {"a": 1, "b": 1}
    assert {each.path for each in store.problems} == {"notes/a.json", "notes/b.json"}


def test_an_edit_must_fit_its_kind_when_the_kinds_are_known(tmp_path: Path) -> None:
    closed_store(tmp_path, a=1)
    edit(tmp_path, "a", '{"n": "many"}')
    edit(tmp_path, "b", '{"n": 2}')
    (tmp_path / ".podium/else.json").write_text('{"whose": "nobody\'s"}')
    store = Store.open(tmp_path / ".podium", actor=ME, kinds=[NOTES])
    assert numbers(store) == {"a": 1, "b": 2}
    (problem,) = store.problems
    assert (problem.path, problem.reason) == ("notes/a.json", "'n' must be a whole number")
    assert "many" not in problem.reason
    assert store.list(Folder("*.json", Note)) == {}


def test_a_file_that_a_crash_left_older_is_brought_up(tmp_path: Path) -> None:
    closed_store(tmp_path, a=1, gone=1)
    old = file_of(tmp_path, "a").read_text()
    store = new_store(tmp_path)
    put(store, "a", 2)
    put(store, "a", 3)
    put(store, "b", 4)
    store.transact(lambda tx: tx.delete(note("gone")))
    file_of(tmp_path, "b").unlink()
    edit(tmp_path, "a", old)
    edit(tmp_path, "gone", old)
    lose_power(tmp_path)
    again = reopen(tmp_path)
    assert numbers(again) == {"a": 3, "b": 4}
    assert file_of(tmp_path, "a").read_text() == canonical_text({"n": 3})
    assert file_of(tmp_path, "b").read_text() == canonical_text({"n": 4})
    assert not file_of(tmp_path, "gone").exists()
    assert again.history() == []


@pytest.mark.parametrize("torn", [b"", b"\0" * 12, b'{\n  "n"', b'{\n  "n": 2\n}\0'])
def test_a_file_that_a_crash_tore_is_brought_up_and_the_rest_kept(
    tmp_path: Path, torn: bytes
) -> None:
    closed_store(tmp_path, a=1)
    put(new_store(tmp_path), "a", 2)
    file_of(tmp_path, "a").write_bytes(torn)
    store = reopen(tmp_path)
    assert numbers(store) == {"a": 2}
    assert file_of(tmp_path, "a").read_text() == canonical_text({"n": 2})
    if torn:
        (problem,) = store.problems
        assert problem.kept
        assert (tmp_path / ".podium" / problem.kept).read_bytes() == torn


def test_what_an_interrupted_writer_left_beside_the_files_is_swept(tmp_path: Path) -> None:
    closed_store(tmp_path, a=1)
    leftover = tmp_path / ".podium/notes/a.json.tmp~123"
    leftover.write_text("{")
    assert numbers(reopen(tmp_path)) == {"a": 1}
    assert not leftover.exists()


@pytest.mark.promise("W1")
def test_a_removed_run_folder_is_made_anew_from_the_files(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for number in range(5):
        put(store, "a", number)
    subprocess.run(["rm", "-r", str(tmp_path / ".podium/run")], check=True)
    assert numbers(store) == {"a": 4}
    assert increment(store, "a") == 5
    assert numbers(reopen(tmp_path)) == {"a": 5}
    put(reopen(tmp_path), "b", 1)
    assert numbers(store) == {"a": 5, "b": 1}


# -- the journal itself


def segment_of(folder: Path) -> Path:
    (segment,) = (folder / ".podium/run/journal").iterdir()
    return segment


@pytest.mark.parametrize(
    "tail", [b"0", b"12345678 ", b'12345678 {"seq":', b"\0" * 300, b"\xff\xfe" * 9]
)
@pytest.mark.promise("W1")
def test_a_torn_last_line_is_cut(tmp_path: Path, tail: bytes) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    with segment_of(tmp_path).open("ab") as file:
        file.write(tail)
    assert numbers(store) == {"a": 1}
    assert numbers(reopen(tmp_path)) == {"a": 1}
    put(store, "a", 2)
    assert numbers(reopen(tmp_path)) == {"a": 2}
    first, second = segment_of(tmp_path).read_bytes().splitlines()
    assert (b'"seq":1' in first, b'"seq":2' in second) == (True, True)


@pytest.mark.parametrize("garbage", [b"", b"\0", b"\0\0\0\0", b"\xff{"])
def test_a_whole_last_line_without_its_end_is_kept(tmp_path: Path, garbage: bytes) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    put(store, "b", 2, text="größer 😀")
    segment = segment_of(tmp_path)
    segment.write_bytes(segment.read_bytes().removesuffix(b"\n") + garbage)
    file_of(tmp_path, "b").unlink()
    again = reopen(tmp_path)
    put(again, "c", 3)
    assert numbers(again) == {"a": 1, "b": 2, "c": 3}
    assert numbers(reopen(tmp_path)) == {"a": 1, "b": 2, "c": 3}


@pytest.mark.promise("W2", "W4")
def test_a_damaged_line_stops_writing_with_its_place_and_reading_goes_on(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for number in range(4):
        put(store, f"n{number}", number)
    healthy = segment_of(tmp_path).read_bytes()
    lines = healthy.splitlines(keepends=True)
    lines[2] = lines[2].replace(b'"n":2', b'"n":7')
    segment_of(tmp_path).write_bytes(b"".join(lines))
    offset = len(lines[0]) + len(lines[1])

    again = reopen(tmp_path)
    assert numbers(again) == {f"n{number}": number for number in range(4)}
    with pytest.raises(StoreCorrupted, match=rf"000000000001\.jsonl .* byte {offset}") as refusal:
        put(again, "x", 1)
    assert "checksum" in refusal.value.why
    assert refusal.value.hints
    segment_of(tmp_path).write_bytes(healthy)
    put(again, "x", 1)
    assert numbers(reopen(tmp_path))["x"] == 1


def test_a_damaged_last_line_is_not_taken_for_a_torn_one(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    put(store, "a", 2)
    data = segment_of(tmp_path).read_bytes()
    segment_of(tmp_path).write_bytes(data.replace(b'"n":2', b'"n":3'))
    with pytest.raises(StoreCorrupted):
        put(reopen(tmp_path), "a", 4)
    assert segment_of(tmp_path).stat().st_size == len(data)


def test_a_missing_line_in_the_middle_is_damage(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for number in range(3):
        put(store, "a", number)
    lines = segment_of(tmp_path).read_bytes().splitlines(keepends=True)
    segment_of(tmp_path).write_bytes(lines[0] + lines[2])
    with pytest.raises(StoreCorrupted, match="record 2 is missing"):
        put(reopen(tmp_path), "a", 9)


def test_history_reads_past_a_damaged_line(tmp_path: Path) -> None:
    closed_store(tmp_path, a=1)
    for n in (2, 3, 4):
        edit(tmp_path, "a", json.dumps({"n": n}))
        reopen(tmp_path)
    lines = segment_of(tmp_path).read_bytes().splitlines(keepends=True)
    segment_of(tmp_path).write_bytes(b"".join([*lines[:2], b"broken\n", *lines[3:]]))
    assert [each.sequence for each in reopen(tmp_path).history()] == [2, 4]


def test_same_size_edits_in_quick_succession_are_all_seen(tmp_path: Path) -> None:
    clock = StoppedClock(datetime.now(UTC))
    new_store(tmp_path)
    store = Store.open(tmp_path / ".podium", actor=ME, clock=clock)
    put(store, "a", 0)
    for n in range(1, 10):
        assert store.reconcile() == []
        before = file_of(tmp_path, "a").stat()
        edit(tmp_path, "a", canonical_text({"n": n}))
        os.utime(file_of(tmp_path, "a"), ns=(before.st_atime_ns, before.st_mtime_ns))
        assert store.reconcile() == ["notes/a.json"]
        assert numbers(store) == {"a": n}


@pytest.mark.promise("W1")
def test_a_document_is_answered_from_the_journal_when_its_file_is_of_no_use(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "padding", 0, text="x" * 200_000)
    put(store, "a", 1, text="y" * 200_000)
    put(store, "b", 2)
    store.close()
    edit(tmp_path, "a", CONFLICT)
    file_of(tmp_path, "b").write_bytes(b'{ "n":\r\n 2 }\r\n')
    again = reopen(tmp_path)
    assert again.get(note("a")) == Note(n=1, text="y" * 200_000)
    assert again.get(note("b")) == Note(n=2)
    assert again.history() == []
