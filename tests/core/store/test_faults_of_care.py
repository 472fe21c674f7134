"""Snapshots, pruning, going back, migrating and recovering fail in every way; nothing is lost."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from podium.errors import StorageError
from podium.ports.filesystem import FileSystem
from podium.store import RetentionPolicy, Store
from tests.core.store.samples import ME, NOTES, SMALL, StoppedClock, new_store, numbers, put
from tests.core.store.test_faults import (
    ERRORS,
    KILLS,
    QUICK,
    SLICE,
    SOME_OR_ALL,
    Ledger,
    Trial,
    cases_in,
    quick_folder,
    run_cases,
)
from tests.core.store.test_faults import TRIALS as DAILY_TRIALS
from tests.core.store.test_versions import LATER, later

__all__ = ["quick_folder"]

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HELD = {f"n{number}": number for number in range(6)}
AFTER = {**HELD, "n0": 50, "new": 1}
LATER_BOUNDS = RetentionPolicy(checkpoint_every=3, segment_bytes=1200, journal_bytes=3000)


def prepare(folder: Path) -> None:
    store = new_store(folder, SMALL, QUICK)
    for name, number in HELD.items():
        put(store, name, number, text="x" * 50)
    store.close()


def opened(
    folder: Path, fs: FileSystem, days: int = 0, retention: RetentionPolicy = LATER_BOUNDS
) -> Store:
    clock = StoppedClock(NOON + timedelta(days=days))
    return Store.open(folder / ".podium", actor=ME, fs=fs, retention=retention, clock=clock)


def acknowledge(ledger: Ledger, number: int) -> None:
    ledger.acknowledged.add(number)


def snapshots(folder: Path, fs: FileSystem, ledger: Ledger) -> None:
    """Snapshots on three days, with pruning; the documents stay as they are."""
    for days in (1, 2, 3):
        store = opened(folder, fs, days)
        for number in range(4):
            with contextlib.suppress(StorageError):
                put(store, f"n{number}", number, text=f"{days}" * 200)
        with contextlib.suppress(StorageError):
            store.maintenance.snapshot("asked-for")
            store.maintenance.compact()
    acknowledge(ledger, 1)


def restoring(folder: Path, fs: FileSystem, ledger: Ledger) -> None:
    """Two changes, then back to before them, which the journal reaches in any case."""
    store = opened(folder, fs, retention=replace(LATER_BOUNDS, journal_bytes=10**6))
    put(store, "n0", 50)
    put(store, "new", 1)
    acknowledge(ledger, 1)
    store.maintenance.restore(6)
    acknowledge(ledger, 2)


def migration(folder: Path, fs: FileSystem, ledger: Ledger) -> None:
    """All documents become documents of a later version."""
    store = Store.open(
        folder / ".podium", actor=ME, fs=fs, kinds=(LATER,), retention=SMALL, clock=StoppedClock()
    )
    store.maintenance.migrate()
    acknowledge(ledger, 1)


def prepare_damage(folder: Path) -> None:
    store = new_store(folder, fs=QUICK)
    for name, number in HELD.items():
        put(store, name, number, text="x" * 50)
    segment = max((folder / ".podium/run/journal").iterdir())
    segment.write_bytes(segment.read_bytes().replace(b'"ops"', b'"oqs"', 1))


def recovering(folder: Path, fs: FileSystem, ledger: Ledger) -> None:
    """A damaged journal is set aside."""
    store = opened(folder, fs)
    recovery = store.recovery
    for trouble in recovery.diagnose():
        if trouble.remedies:
            recovery.apply(trouble, trouble.remedies[0].name)
    acknowledge(ledger, 1)


def check_same(folder: Path, ledger: Ledger) -> None:
    del ledger
    check_useful(folder, HELD)


def check_restored(folder: Path, ledger: Ledger) -> None:
    store = opened(folder, QUICK)
    found = numbers(store)
    if 2 in ledger.acknowledged:
        assert found == HELD
    elif 1 in ledger.acknowledged:
        assert found in (HELD, AFTER)
    else:
        assert found in (HELD, {**HELD, "n0": 50}, AFTER)
    check_useful(folder, found)


def check_migrated(folder: Path, ledger: Ledger) -> None:
    store = later(folder)
    values = {Path(path).stem: each.count for path, each in store.list(LATER).items()}
    assert values == HELD
    changed = store.maintenance.migrate()
    assert not (1 in ledger.acknowledged and changed)
    assert {Path(path).stem: each.count for path, each in later(folder).list(LATER).items()} == HELD
    assert store.maintenance.outdated() == []
    assert store.maintenance.verify().is_intact


def check_recovered(folder: Path, ledger: Ledger) -> None:
    store = opened(folder, QUICK)
    assert numbers(store) == HELD
    troubles = store.recovery.diagnose()
    assert not (1 in ledger.acknowledged and troubles)
    for trouble in troubles:
        store.recovery.apply(trouble, trouble.remedies[0].name)
    check_useful(folder, HELD)


def check_useful(folder: Path, held: dict[str, int]) -> None:
    store = opened(folder, QUICK)
    assert numbers(store) == held
    put(store, "last", 9)
    assert numbers(opened(folder, QUICK)) == {**held, "last": 9}
    assert not store.problems
    assert store.reconcile() == []
    assert store.list(NOTES)


TRIALS = {
    "snapshots": Trial(prepare, snapshots, check_same),
    "restoring": Trial(prepare, restoring, check_restored),
    "migration": Trial(prepare, migration, check_migrated),
    "recovering": Trial(prepare_damage, recovering, check_recovered),
}


@pytest.mark.parametrize("most", SOME_OR_ALL)
@pytest.mark.parametrize("trial", TRIALS.values(), ids=TRIALS)
@pytest.mark.promise("W3.rotation", "W3.repaired", "W3.restored")
def test_a_kill_at_any_operation_of_the_care_loses_nothing(
    quick_folder: Path, trial: Trial, most: int
) -> None:
    assert run_cases(quick_folder, trial, KILLS, most) > 0


@pytest.mark.parametrize("most", SOME_OR_ALL)
@pytest.mark.parametrize("trial", TRIALS.values(), ids=TRIALS)
@pytest.mark.promise("W3.rotation", "W3.repaired", "W3.restored")
def test_an_error_at_any_operation_of_the_care_loses_nothing(
    quick_folder: Path, trial: Trial, most: int
) -> None:
    assert run_cases(quick_folder, trial, ERRORS, most) > 0


@pytest.mark.promise("W1")
def test_more_than_two_thousand_ways_to_fail_are_tried_always_and_thrice_as_many_at_length(
    quick_folder: Path,
) -> None:
    found: list[int] = []
    for name, trial in {**TRIALS, **DAILY_TRIALS}.items():
        for index, faults in enumerate((KILLS, ERRORS)):
            folder = quick_folder / f"{name}{index}"
            folder.mkdir()
            found.append(len(cases_in(trial, folder, faults)[0]))
    assert sum(min(each, SLICE) for each in found) > 2000
    assert sum(found) > 6000
