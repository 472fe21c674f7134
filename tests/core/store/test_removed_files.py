"""Files that a person removes while the journal is ahead of the checkpoint; faults meanwhile."""

from pathlib import Path

import pytest

from podium.platform.filesystem import LocalFileSystem
from podium.ports.filesystem import FileSystem
from podium.store import Store, Transaction, writer
from tests.core.store.samples import (
    ME,
    Note,
    StoppedClock,
    lose_power,
    new_store,
    note,
    numbers,
    put,
    reopen,
)
from tests.core.store.test_faults import (
    ALL,
    ERRORS,
    KILLS,
    QUICK,
    SLICE,
    Ledger,
    Trial,
    check_files,
    quick_folder,
    run_cases,
)
from tests.support.faults import Fault

__all__ = ["quick_folder"]

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
