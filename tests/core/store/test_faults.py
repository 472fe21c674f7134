"""Every file operation of a few scenarios fails in every way; afterwards nothing may be lost."""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from podium.errors import StorageError, StoreCorrupted, StoreReadOnly
from podium.model.base import canonical_text, content_hash
from podium.platform.filesystem import LocalFileSystem
from podium.ports.filesystem import FileSystem
from podium.store import Store, Transaction, writer
from podium.store.disk.layout import IGNORE_TEXT
from tests.core.store.samples import (
    ME,
    NOTES,
    PACKABLE,
    SMALL,
    Note,
    StoppedClock,
    lose_power,
    new_store,
    note,
    numbers,
    put,
    reopen,
)
from tests.support import torture
from tests.support.faults import (
    Case,
    Fault,
    FaultFileSystem,
    Killed,
    ReadOnlyFileSystem,
    UnsyncedFileSystem,
    cases_of,
)

SLICE, ALL = 150, 10**9
"""How many ways to fail are tried of each scenario: always, and by `make torture`."""

KILLS = [Fault.KILL_BEFORE, Fault.KILL_AFTER, Fault.TORN]
BROKEN = "<<<<<<< ours\n"
QUICK = UnsyncedFileSystem()
ERRORS = [Fault.IO_ERROR, Fault.DISK_FULL, Fault.DISK_FULL_HALFWAY, Fault.DISK_STAYS_FULL]


@dataclass
class Ledger:
    """What the scenario was told: the numbers of the transfers that were acknowledged."""

    acknowledged: set[int] = field(default_factory=set[int])
    refused: set[int] = field(default_factory=set[int])

    def refuse(self, number: int, error: StorageError) -> None:
        """Note a transfer that failed with an error fit for a person."""
        check_teaches(error)
        self.refused.add(number)


def check_teaches(error: StorageError) -> None:
    assert error.why, "every error says why"
    assert error.hints, "every error says what to do"


Scenario = Callable[[Path, FileSystem, Ledger], None]


def transfer(store: Store, number: int, ledger: Ledger) -> None:
    """Move one from `a` to `b`, leave a proof, delete the proof of two transfers ago."""

    def work(tx: Transaction) -> None:
        a, b = tx.get(note("a")), tx.get(note("b"))
        assert a
        assert b
        tx.put(note("a"), Note(n=a.n - 1, text=a.text))
        tx.put(note("b"), Note(n=b.n + 1))
        tx.put(note(f"proof{number}"), Note(n=number))
        tx.delete(note(f"passing{number - 1}"))
        tx.put(note(f"passing{number}"), Note(n=number))

    try:
        store.transact(work)
    except StorageError as error:
        ledger.refuse(number, error)
    else:
        ledger.acknowledged.add(number)


def creation(folder: Path, fs: FileSystem, ledger: Ledger) -> None:
    """A store is made where nothing was, and a first document in it."""
    store = Store.create(
        folder / ".podium", actor=ME, fs=fs, retention=SMALL, clock=StoppedClock(), lock_seconds=0.2
    )
    store.transact(lambda tx: tx.put(note("first"), Note(n=1)))
    ledger.acknowledged.add(1)
    store.close()


def prepare_accounts(folder: Path) -> None:
    store = new_store(folder, SMALL, QUICK)
    put(store, "a", 100, text="x" * 400)
    put(store, "b", 0)
    store.close()


def transfers(folder: Path, fs: FileSystem, ledger: Ledger) -> None:
    """Transfers across checkpoints and segments, and a clean end."""
    store = Store.open(folder / ".podium", actor=ME, fs=fs, retention=SMALL, clock=StoppedClock())
    for number in range(1, 6):
        transfer(store, number, ledger)
    store.close()


def prepare_crashed(folder: Path) -> None:
    """Leave what a power loss leaves: files behind, missing and torn, a torn line, a leftover."""
    prepare_accounts(folder)
    store = new_store(folder, fs=QUICK)
    notes = folder / ".podium/notes"
    old = (notes / "a.json").read_text()
    for number in (1, 2):
        transfer(store, number, Ledger())
    (notes / "a.json").write_text(old)
    (notes / "b.json").write_bytes(b'{\n  "n"')
    (notes / "proof2.json").unlink()
    (notes / "passing1.json").write_text(canonical_text({"n": 1}))
    (notes / "a.json.tmp~77").write_text("half")
    lose_power(folder)
    (segment,) = (folder / ".podium/run/journal").iterdir()
    with segment.open("ab") as file:
        file.write(b'12345678 {"seq":5,"ts"')


def recovery(folder: Path, fs: FileSystem, ledger: Ledger) -> None:
    """Opening after a crash, and one more transfer."""
    ledger.acknowledged |= {1, 2}
    try:
        store = Store.open(
            folder / ".podium", actor=ME, fs=fs, retention=SMALL, clock=StoppedClock()
        )
    except StorageError:
        return
    transfer(store, 3, ledger)
    store.close()


def edits(folder: Path, fs: FileSystem, ledger: Ledger) -> None:
    """A person edits between transfers: adds to `a`, breaks `b` for a while, removes a proof."""
    store = Store.open(folder / ".podium", actor=ME, fs=fs, retention=SMALL, clock=StoppedClock())
    notes = folder / ".podium/notes"
    transfer(store, 1, ledger)
    (notes / "b.json").write_text(BROKEN)
    transfer(store, 2, ledger)
    (notes / "c.json").write_text('{"n": 5}')
    try:
        store.reconcile()
    except StorageError as error:
        check_teaches(error)
    transfer(store, 3, ledger)
    store.close()


def packing(folder: Path, fs: FileSystem, ledger: Ledger) -> None:
    """Documents are packed between transfers, which take them out of the pack again."""
    store = Store.open(
        folder / ".podium",
        actor=ME,
        kinds=PACKABLE,
        fs=fs,
        retention=SMALL,
        clock=StoppedClock(),
    )
    for number in (1, 2, 3):
        transfer(store, number, ledger)
        try:
            store.maintenance.pack(list(store.list(NOTES)))
        except StorageError as error:
            check_teaches(error)
    transfer(store, 4, ledger)
    store.close()


def check_packed(folder: Path, ledger: Ledger) -> None:
    """Check the same with documents in packs, and that they do not depend on the journal."""
    store = Store.open(folder / ".podium", actor=ME, kinds=PACKABLE, retention=SMALL, fs=QUICK)
    check_balances(store, ledger)
    assert store.reconcile() == []
    assert store.problems == []
    assert store.maintenance.verify().is_intact
    transfer(store, 9, again := Ledger())
    assert again.acknowledged == {9}
    found = numbers(store)
    store.close()
    shutil.rmtree(folder / ".podium/run")
    store = Store.open(folder / ".podium", actor=ME, kinds=PACKABLE, retention=SMALL, fs=QUICK)
    assert numbers(store) == found


def check_balances(store: Store, ledger: Ledger) -> None:
    """Check that every transfer is there in whole or not at all, and the acknowledged ones are."""
    found = numbers(store)
    done = {n for name, n in found.items() if name.startswith("proof")}
    assert ledger.acknowledged <= done, "an acknowledged transfer is lost"
    assert done.isdisjoint(ledger.refused), "a refused transfer was carried out"
    assert found["a"] == 100 - len(done), "a transfer is there in part"
    assert found["b"] == len(done), "a transfer is there in part"
    passing = {n for name, n in found.items() if name.startswith("passing")}
    assert passing <= done
    if not ledger.refused:
        assert passing == ({max(done)} if done else set()), "a deletion is lost"


def check_accounts(folder: Path, ledger: Ledger) -> None:
    """Check all invariants with a healthy disk, then that the store is of use."""
    store = reopen(folder, SMALL, QUICK)
    check_balances(store, ledger)
    check_files(folder, store)
    transfer(store, 9, again := Ledger())
    assert again.acknowledged == {9}
    check_files(folder, store)


def check_creation(folder: Path, ledger: Ledger) -> None:
    """Check that making it again makes it whole."""
    store = new_store(folder, SMALL, QUICK)
    found = numbers(store)
    assert found == {"first": 1} or (found == {} and not ledger.acknowledged)
    assert (folder / ".podium/.gitignore").read_text() == IGNORE_TEXT
    put(store, "second", 2)
    store.close()
    assert numbers(reopen(folder, SMALL, QUICK)) == {**found, "second": 2}
    check_files(folder, store)


def check_edits(folder: Path, ledger: Ledger) -> None:
    """Check the same, and what the person did."""
    notes = folder / ".podium/notes"
    broken = (notes / "b.json").read_text() == BROKEN
    if broken:
        store = reopen(folder, SMALL, QUICK)
        assert [each.path for each in store.problems] == ["notes/b.json"]
        check_balances(store, ledger)
    else:
        check_accounts(folder, ledger)
    if (notes / "c.json").exists():
        assert numbers(reopen(folder, SMALL, QUICK))["c"] == 5


def check_files(folder: Path, store: Store) -> None:
    files = {
        path.relative_to(folder / ".podium").as_posix(): Note.model_validate_json(path.read_text())
        for path in (folder / ".podium/notes").iterdir()
    }
    assert files == store.list(NOTES)
    assert store.reconcile() == []
    found = store.maintenance.verify()
    assert found.is_intact, found.flaws


@dataclass(frozen=True)
class Trial:
    """A scenario, what comes before it and what must hold after it."""

    prepare: Callable[[Path], None]
    scenario: Scenario
    check: Callable[[Path, Ledger], None]


def nothing(folder: Path) -> None:
    """There is nothing before."""


TRIALS = {
    "creation": Trial(nothing, creation, check_creation),
    "transfers": Trial(prepare_accounts, transfers, check_accounts),
    "recovery": Trial(prepare_crashed, recovery, check_accounts),
    "edits": Trial(prepare_accounts, edits, check_edits),
    "packing": Trial(prepare_accounts, packing, check_packed),
}


def cases_in(trial: Trial, folder: Path, faults: list[Fault]) -> tuple[list[Case], list[str]]:
    """Run a scenario once to learn its operations; return every way to fail, and those."""
    trial.prepare(folder)
    recorder = FaultFileSystem()
    trial.scenario(folder, recorder, Ledger())
    return cases_of(recorder.operations, faults), recorder.operations


def run_cases(tmp_path: Path, trial: Trial, faults: list[Fault], most: int) -> int:
    """Let a scenario fail in every way, or in so many that the dice choose; return how many."""
    template, recorded = tmp_path / "template", tmp_path / "recorded"
    for folder in (template, recorded):
        folder.mkdir()
    trial.prepare(template)
    cases, operations = cases_in(trial, recorded, faults)
    chosen = cases if len(cases) <= most else torture.dice().sample(cases, most)
    for number, case in enumerate(chosen):
        if most == ALL and torture.is_over():
            return number
        folder = tmp_path / "case"
        shutil.copytree(template, folder)
        run_case(folder, trial, case, operations)
        shutil.rmtree(folder)
    return len(chosen)


def run_case(folder: Path, trial: Trial, case: Case, operations: list[str]) -> None:
    ledger = Ledger()
    try:
        try:
            trial.scenario(folder, FaultFileSystem(case), ledger)
        except Killed:
            assert case.fault in KILLS
        except StorageError as error:
            assert case.fault in ERRORS
            check_teaches(error)
        trial.check(folder, ledger)
    except BaseException as error:
        error.add_note(f"{case.fault} at operation {case.at} ({operations[case.at]})")
        raise


@pytest.fixture
def quick_folder(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder in memory where there is one: thousands of small files, none to be kept."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


SOME_OR_ALL = [SLICE, pytest.param(ALL, marks=pytest.mark.torture)]


@pytest.mark.parametrize("most", SOME_OR_ALL)
@pytest.mark.parametrize("trial", TRIALS.values(), ids=TRIALS)
@pytest.mark.promise("W1")
def test_a_kill_at_any_operation_loses_nothing_acknowledged(
    quick_folder: Path, trial: Trial, most: int
) -> None:
    assert run_cases(quick_folder, trial, KILLS, most) > 0


@pytest.mark.parametrize("most", SOME_OR_ALL)
@pytest.mark.parametrize("trial", TRIALS.values(), ids=TRIALS)
@pytest.mark.promise("W1")
def test_an_error_at_any_operation_is_told_and_loses_nothing(
    quick_folder: Path, trial: Trial, most: int
) -> None:
    assert run_cases(quick_folder, trial, ERRORS, most) > 0


# -- a disk that stays bad for a while


@pytest.mark.promise("W4")
def test_a_read_only_medium_is_read_and_says_so_when_written(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    store.close()
    (tmp_path / ".podium/notes/b.json").write_text('{"n": 2}')
    shutil.rmtree(tmp_path / ".podium/run")
    fs = ReadOnlyFileSystem()
    store = Store.open(tmp_path / ".podium", actor=ME, fs=fs)
    assert numbers(store) == {"a": 1, "b": 2}
    assert store.hash_of(note("b")) == content_hash({"n": 2})
    with pytest.raises(StoreReadOnly) as refusal:
        put(store, "a", 2)
    assert refusal.value.hints
    assert numbers(store) == {"a": 1, "b": 2}
    assert store.reconcile() == []
    store.close()
    fs.number = 0
    put(store, "a", 2)
    assert numbers(reopen(tmp_path)) == numbers(store) == {"a": 2, "b": 2}


@pytest.mark.promise("W4")
def test_a_full_disk_refuses_writing_keeps_reading_and_recovers(tmp_path: Path) -> None:
    fs = ReadOnlyFileSystem(0)
    store = new_store(tmp_path, fs=fs)
    put(store, "a", 1)
    fs.number = errno.ENOSPC
    for _ in range(3):
        with pytest.raises(StorageError, match="disk is full") as refusal:
            put(store, "a", 2)
        assert any("free" in hint for hint in refusal.value.hints)
        assert numbers(store) == {"a": 1}
    assert numbers(Store.open(tmp_path / ".podium", actor=ME, fs=fs)) == {"a": 1}
    fs.number = 0
    put(store, "a", 3)
    assert numbers(reopen(tmp_path)) == {"a": 3}


def test_a_write_that_cannot_be_taken_back_silences_this_process_only(tmp_path: Path) -> None:
    class Failing(LocalFileSystem):
        failing = False

        def fdatasync(self, fd: int) -> None:
            if self.failing:
                raise OSError(errno.EIO, "the disk is going")
            super().fdatasync(fd)

    fs = Failing()
    store = new_store(tmp_path, fs=fs)
    put(store, "a", 1)
    fs.failing = True
    with pytest.raises(StorageError):
        put(store, "a", 2)
    fs.failing = False
    with pytest.raises(StoreReadOnly, match="can no longer write") as refusal:
        put(store, "a", 3)
    assert "the disk is going" in refusal.value.why
    assert numbers(store) == {"a": 1}
    put(reopen(tmp_path), "a", 4)
    assert numbers(store) == {"a": 4}


class StuckDocuments(LocalFileSystem):
    """The documents' files cannot be replaced while `failing`; the store's own records can."""

    failing = False

    def rename(self, old: str, new: str) -> None:
        if self.failing and "/notes/" in new:
            raise OSError(errno.ENOSPC, "no space left")
        super().rename(old, new)


@pytest.mark.promise("W1")
def test_the_mark_does_not_move_past_a_file_that_lags(tmp_path: Path) -> None:
    fs = StuckDocuments()
    store = new_store(tmp_path, fs=fs)
    put(store, "a", 1)
    store.close()
    fs.failing = True
    put(store, "a", 2)
    store.close()
    fs.failing = False
    assert numbers(reopen(tmp_path)) == {"a": 2}, "the older file was taken for an edit"


def test_a_file_that_could_not_be_replaced_is_brought_up_later(tmp_path: Path) -> None:
    fs = StuckDocuments()
    store = new_store(tmp_path, fs=fs)
    put(store, "a", 1)
    fs.failing = True
    put(store, "a", 2)
    assert numbers(store) == {"a": 2}
    (problem,) = store.problems
    assert problem.path == "notes/a.json"
    assert "could not be updated" in problem.reason
    fs.failing = False
    put(store, "b", 1)
    assert (tmp_path / ".podium/notes/a.json").read_text() == canonical_text({"n": 2})
    assert store.problems == []


@pytest.mark.promise("W4")
@pytest.mark.parametrize("field", ["min_writer", "min_reader"])
def test_a_newer_store_is_refused_politely_also_while_it_is_open(
    tmp_path: Path, field: str
) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    path = tmp_path / ".podium/store.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), field: 99, "new": "field"}))
    with pytest.raises(StoreReadOnly, match="too old") as refusal:
        put(store, "a", 2)
    assert "update" in refusal.value.hints[0]
    assert numbers(store) == {"a": 1}
    if field == "min_writer":
        assert numbers(reopen(tmp_path)) == {"a": 1}
    else:
        with pytest.raises(StoreReadOnly):
            reopen(tmp_path)


def test_a_format_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    new_store(tmp_path)
    (tmp_path / ".podium/store.json").write_text("{")
    with pytest.raises(StoreCorrupted, match=r"store\.json"):
        reopen(tmp_path)


# -- files that a person removes while the journal is ahead of the checkpoint

KILLS_AND_ERRORS = [
    pytest.param(KILLS, ALL, id="kill"),
    pytest.param(ERRORS, SLICE, id="error"),
    pytest.param(ERRORS, ALL, id="every error", marks=pytest.mark.torture),
]
MANY = {f"n{number}": number for number in range(7)}


def put_many(tx: Transaction) -> None:
    for name, n in MANY.items():
        tx.put(note(name), Note(n=n))


def prepare_unmarked(folder: Path) -> None:
    """Leave many documents in their files, by a process that was killed before its checkpoint."""
    store = new_store(folder, fs=QUICK)
    store.transact(lambda tx: tx.put(note("kept"), Note(n=1)))
    store.transact(put_many)


def removal(folder: Path, fs: FileSystem, ledger: Ledger) -> None:
    """All but one are removed by hand, which a process adopts, and writes something else."""
    for name in MANY:
        (folder / f".podium/notes/{name}.json").unlink()
    store = Store.open(folder / ".podium", actor=ME, fs=fs, clock=StoppedClock(), lock_seconds=0.2)
    store.transact(lambda tx: tx.put(note("later"), Note(n=2)))
    ledger.acknowledged.add(1)
    store.close()


def check_removed(folder: Path, ledger: Ledger) -> None:
    """Check that none comes back, now or later, and that nothing else is gone."""
    for _ in range(2):
        store = reopen(folder, fs=QUICK)
        found = numbers(store)
        assert found.pop("later", None) in ((2,) if ledger.acknowledged else (2, None))
        assert found == {"kept": 1}, "a removed document is back, or another one is gone"
        put(store, "kept", 1, text="x" * len(store.history()))
        check_files(folder, store)


@pytest.mark.promise("W1")
@pytest.mark.parametrize(("faults", "most"), KILLS_AND_ERRORS)
def test_files_removed_while_the_journal_is_pending_stay_removed(
    quick_folder: Path, faults: list[Fault], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_EDITS_PER_COMMIT", 3)
    trial = Trial(prepare_unmarked, removal, check_removed)
    assert run_cases(quick_folder, trial, faults, most) > 0


def creation_of_many(folder: Path, fs: FileSystem, ledger: Ledger) -> None:
    """Many documents are committed at once, and then written to their files one by one."""
    store = Store.open(folder / ".podium", actor=ME, fs=fs, clock=StoppedClock(), lock_seconds=0.2)
    store.transact(put_many)
    ledger.acknowledged.add(1)
    store.transact(lambda tx: tx.put(note("later"), Note(n=2)))
    ledger.acknowledged.add(2)


def check_all_or_none(folder: Path, ledger: Ledger) -> None:
    """Check that a commit is whole, wherever its writer stopped, and that a removal then holds."""
    store = reopen(folder, fs=QUICK)
    found = numbers(store)
    later = {"later": 2} if "later" in found else {}
    assert found in ({"a": 1}, {"a": 1, **MANY, **later})
    assert len(found) > 1 or not ledger.acknowledged
    assert later or 2 not in ledger.acknowledged
    check_files(folder, store)
    put(store, "b", 1)  # whoever writes next has seen that all is in the files
    for name in found:
        (folder / f".podium/notes/{name}.json").unlink()
    assert numbers(reopen(folder, fs=QUICK)) == {"b": 1}


def prepare_one(folder: Path) -> None:
    store = new_store(folder, fs=QUICK)
    put(store, "a", 1)
    store.close()


@pytest.mark.promise("W1")
@pytest.mark.parametrize(("faults", "most"), KILLS_AND_ERRORS)
def test_a_fault_between_a_commit_and_its_files_loses_nothing_and_restores_nothing(
    quick_folder: Path, faults: list[Fault], most: int
) -> None:
    trial = Trial(prepare_one, creation_of_many, check_all_or_none)
    assert run_cases(quick_folder, trial, faults, most) > 0


@pytest.mark.promise("W1")
def test_files_that_a_power_loss_took_are_written_again_and_not_taken_for_removed(
    tmp_path: Path,
) -> None:
    prepare_unmarked(tmp_path)
    for name in MANY:
        (tmp_path / f".podium/notes/{name}.json").unlink()
    lose_power(tmp_path)
    assert numbers(reopen(tmp_path)) == {"kept": 1, **MANY}


@pytest.mark.promise("W1")
def test_a_mark_of_another_journal_or_another_start_of_the_machine_counts_for_nothing(
    tmp_path: Path,
) -> None:
    class Restarted(LocalFileSystem):
        def boot_id(self) -> str:
            return "another"

    prepare_unmarked(tmp_path)
    mark = (tmp_path / ".podium/run/published").read_bytes()
    (tmp_path / ".podium/notes/n1.json").unlink()
    assert numbers(reopen(tmp_path, fs=Restarted())) == {"kept": 1, **MANY}

    other = tmp_path / "other"
    prepare_unmarked(other)
    (other / ".podium/run/published").write_bytes(mark)
    (other / ".podium/notes/n1.json").unlink()
    assert numbers(reopen(other)) == {"kept": 1, **MANY}
