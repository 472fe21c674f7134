"""What is wrong is explained; what a person agrees to is done; nothing that was there is lost."""

from pathlib import Path

import pytest

from podium.errors import ConflictError, StoreCorrupted, WriteConflict
from podium.model.base import canonical_text
from podium.store import Store
from podium.store.maintenance.recovery import Diagnosis
from tests.core.store.samples import ME, NOTES, new_store, numbers, put, reopen

CONFLICT = '{\n<<<<<<< HEAD\n  "n": 5\n=======\n  "text": "theirs"\n>>>>>>> other\n}\n'


def shaped(folder: Path) -> Store:
    return Store.create(folder / ".podium", actor=ME, kinds=(NOTES,))


def broken(folder: Path, text: str) -> Store:
    store = shaped(folder)
    put(store, "a", 1)
    (folder / ".podium/notes/a.json").write_text(text)
    return store


def only_trouble(store: Store) -> Diagnosis:
    (trouble,) = store.recovery.diagnose()
    return trouble


REMEDIES = {
    "conflict": (CONFLICT, ["both", "ours", "theirs", "restore"]),
    "slip": ('{"n": 7,}', ["restore", "mended"]),
    "nonsense": ("oops", ["restore"]),
    "wrong shape": ('{"n": "many"}', ["restore"]),
    "half": ('{"n": 7, "text": "ab', ["restore"]),
}
OUTCOMES = {"both": 5, "ours": 5, "theirs": 0, "restore": 1, "mended": 7}


@pytest.mark.promise("W3.repaired", "W3.original")
@pytest.mark.parametrize(
    ("text", "names", "chosen"),
    [(text, names, name) for text, names in REMEDIES.values() for name in names],
)
def test_a_broken_file_is_put_right_as_chosen_and_its_text_is_kept(
    tmp_path: Path, text: str, names: list[str], chosen: str
) -> None:
    store = broken(tmp_path, text)
    trouble = only_trouble(store)
    assert [each.name for each in trouble.remedies] == names
    assert all(each.explanation and each.diff for each in trouble.remedies)
    assert (tmp_path / ".podium/notes/a.json").read_text() == text, "looking changes nothing"
    store.recovery.apply(trouble, chosen)
    assert numbers(store) == {"a": OUTCOMES[chosen]}
    assert not store.recovery.diagnose()
    assert not store.problems
    assert numbers(shaped(tmp_path)) == {"a": OUTCOMES[chosen]}
    kept = [path.read_text() for path in (tmp_path / ".podium/run/quarantine").iterdir()]
    assert text in kept
    assert store.history("notes/a.json")[-1].actor == ME


@pytest.mark.promise("W3.original")
def test_a_broken_file_that_was_never_saved_is_set_aside(tmp_path: Path) -> None:
    store = shaped(tmp_path)
    path = tmp_path / ".podium/notes/new.json"
    path.parent.mkdir()
    path.write_text("oops")
    trouble = only_trouble(store)
    assert [each.name for each in trouble.remedies] == ["set-aside"]
    store.recovery.apply(trouble, "set-aside")
    assert not path.exists()
    assert store.recovery.diagnose() == []
    (kept,) = (tmp_path / ".podium/run/quarantine").iterdir()
    assert kept.read_text() == "oops"


def test_a_file_that_changed_since_it_was_shown_is_left_alone(tmp_path: Path) -> None:
    store = broken(tmp_path, "oops")
    trouble = only_trouble(store)
    (tmp_path / ".podium/notes/a.json").write_text("oops again")
    with pytest.raises(WriteConflict):
        store.recovery.apply(trouble, "restore")
    with pytest.raises(ConflictError, match="'magic' is not a remedy for"):
        store.recovery.apply(trouble, "magic")
    assert (tmp_path / ".podium/notes/a.json").read_text() == "oops again"


def journal(folder: Path) -> Path:
    return max((folder / ".podium/run/journal").iterdir())


def damage_line(folder: Path, number: int) -> None:
    lines = journal(folder).read_bytes().splitlines(keepends=True)
    lines[number] = lines[number].replace(b'"ops"', b'"oqs"')
    journal(folder).write_bytes(b"".join(lines))


@pytest.mark.promise("W3.found", "W3.original")
@pytest.mark.parametrize("damaged", range(6))
def test_a_damaged_journal_is_set_aside_and_every_document_is_kept(
    tmp_path: Path, damaged: int
) -> None:
    store = new_store(tmp_path)
    for number in range(6):
        put(store, f"n{number % 3}", number)
    damage_line(tmp_path, damaged)
    store = reopen(tmp_path)
    before = {path.name: path.read_text() for path in (tmp_path / ".podium/notes").iterdir()}
    with pytest.raises(StoreCorrupted):
        put(store, "n0", 99)
    trouble = only_trouble(store)
    assert trouble.path == "run/journal"
    assert "damaged" in trouble.reason
    store.recovery.apply(trouble, "renew")
    assert numbers(store) == numbers(reopen(tmp_path)) == {"n0": 3, "n1": 4, "n2": 5}
    after = {path.name: path.read_text() for path in (tmp_path / ".podium/notes").iterdir()}
    assert after == before
    assert store.recovery.diagnose() == []
    put(store, "n0", 99)
    assert numbers(reopen(tmp_path))["n0"] == 99
    assert store.maintenance.verify().is_intact
    assert list((tmp_path / ".podium/run/quarantine").rglob("*.jsonl"))


@pytest.mark.promise("W3.found", "W3.restored")
def test_readable_lines_behind_the_damage_win_over_files_that_a_crash_left(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for number in range(4):
        put(store, "a", number)
    put(store, "b", 1)
    (tmp_path / ".podium/notes/a.json").write_text(canonical_text({"n": 1}))
    damage_line(tmp_path, 2)
    store = reopen(tmp_path)
    store.recovery.apply(only_trouble(store), "renew")
    assert numbers(store) == {"a": 3, "b": 1}


def test_other_processes_go_on_with_the_new_journal(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for number in range(5):
        put(store, "a", number)
    other = reopen(tmp_path)
    damage_line(tmp_path, 1)
    damaged = reopen(tmp_path)
    (tmp_path / ".podium/run/checkpoint.json").unlink(missing_ok=True)
    damaged.recovery.apply(only_trouble(damaged), "renew")
    assert numbers(other) == {"a": 4}
    put(other, "a", 6)
    assert numbers(store) == numbers(damaged) == {"a": 6}


@pytest.mark.promise("W3.found")
def test_a_damaged_line_before_the_checkpoint_is_told_and_a_new_journal_begins(
    tmp_path: Path,
) -> None:
    store = new_store(tmp_path)
    for number in range(5):
        put(store, "a", number)
    store.close()
    (segment,) = (tmp_path / ".podium/run/journal").iterdir()
    segment.write_bytes(segment.read_bytes().replace(b'"ops"', b'"oqs"', 1))
    store = reopen(tmp_path)
    put(store, "b", 1)
    (trouble,) = store.recovery.diagnose()
    assert trouble.path == "run/journal"
    assert "Line 1" in trouble.reason
    store.recovery.apply(trouble, "renew")
    assert reopen(tmp_path).recovery.diagnose() == []
    put(store, "c", 1)
    assert numbers(reopen(tmp_path)) == numbers(store) == {"a": 4, "b": 1, "c": 1}
    assert store.maintenance.verify().is_intact


@pytest.mark.promise("W3.found")
def test_half_of_a_write_is_no_trouble_of_its_own_while_the_journal_is_damaged(
    tmp_path: Path,
) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    put(store, "a", 2)
    (segment,) = (tmp_path / ".podium/run/journal").iterdir()
    segment.write_bytes(segment.read_bytes().replace(b'"ops"', b'"oqs"', 1))
    (tmp_path / ".podium/notes/a.json.tmp~7").write_text("half")
    troubles = reopen(tmp_path).recovery.diagnose()
    assert [each.path for each in troubles] == ["run/journal"]
