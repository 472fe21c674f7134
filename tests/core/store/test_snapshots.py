"""Snapshots, pruning, and going back."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from podium.errors import NotFoundError
from podium.model.base import canonical_text
from podium.model.events import EventKind
from podium.store import RetentionPolicy, Store
from podium.store.state.snapshots import SnapshotName, snapshots_to_keep
from tests.core.store.samples import ME, SMALL, StoppedClock, new_store, note, numbers, put, reopen
from tests.support.faults import UnsyncedFileSystem

QUICK = UnsyncedFileSystem()
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(folder: Path, moment: datetime, retention: RetentionPolicy = SMALL) -> Store:
    """Return a store on which it is `moment`."""
    return Store.create(
        folder / ".podium", actor=ME, retention=retention, fs=QUICK, clock=StoppedClock(moment)
    )


def aged(folder: Path, days: int, retention: RetentionPolicy = SMALL) -> list[dict[str, int]]:
    """Write for some days; return what the store held behind each transaction, from none on."""
    held: list[dict[str, int]] = [{}]
    for day in range(days):
        store = at(folder, NOON + timedelta(days=day), retention)
        for number in range(4):
            put(store, f"n{number}", 10 * day + number, text="x" * 300)
            held += [numbers(store)] * (store.cursor().sequence + 1 - len(held))
        store.close()
        held += [numbers(store)] * (store.cursor().sequence + 1 - len(held))
    return held


def names(store: Store) -> list[SnapshotName]:
    return list(store.maintenance.restore_points().snapshots)


@pytest.mark.promise("W3.rotation")
def test_a_snapshot_is_kept_each_day_and_old_ones_go(tmp_path: Path) -> None:
    aged(tmp_path, 60)
    store = at(tmp_path, NOON + timedelta(days=60))
    found = names(store)
    assert found == snapshots_to_keep(found)
    assert 7 < len(found) <= 5 + 7 + 4
    assert {name.reason for name in found} == {"daily"}
    age = NOON + timedelta(days=60) - found[-1].at
    assert timedelta(days=14) <= age <= timedelta(days=28)


@pytest.mark.promise("W3.rotation")
def test_five_newest_seven_daily_and_four_weekly_ones_are_kept() -> None:
    every_six_hours = [
        SnapshotName(10_000 - n, NOON - timedelta(hours=6 * n), "daily") for n in range(300)
    ]
    chosen = snapshots_to_keep(every_six_hours)
    assert chosen[:5] == every_six_hours[:5]
    assert len({name.at.date() for name in chosen}) >= 7
    weeks = {name.at.isocalendar()[:2] for name in chosen}
    assert len(weeks) == 4
    assert len(chosen) <= 16
    assert snapshots_to_keep(chosen) == chosen


@pytest.mark.promise("W2")
def test_the_journal_is_pruned_behind_the_oldest_snapshot_and_stays_verifiable(
    tmp_path: Path,
) -> None:
    aged(tmp_path, 60)
    store = at(tmp_path, NOON + timedelta(days=60))
    first = min(int(path.stem) for path in (tmp_path / ".podium/run/journal").iterdir())
    assert first > 100, "nothing was pruned"
    found = store.maintenance.verify()
    assert found.is_intact, found.flaws
    assert found.pruned == first - 1
    assert names(store)[-1].sequence >= first - 1
    pruned = [e for e in store.history(limit=1000) if e.event.kind == EventKind.JOURNAL_PRUNED]
    assert pruned


@pytest.mark.promise("W2")
@pytest.mark.parametrize("age", [3, 10, 55])
def test_the_journal_keeps_as_many_days_as_it_is_told_and_stays_verifiable(
    tmp_path: Path, age: int
) -> None:
    retention = replace(SMALL, journal_age=timedelta(days=age))
    aged(tmp_path, 60, retention)
    now = NOON + timedelta(days=60)
    store = at(tmp_path, now, retention)
    store.maintenance.snapshot("asked-for")
    store.maintenance.compact()
    journal = tmp_path / ".podium/run/journal"
    oldest = [record_in(path) for path in sorted(journal.iterdir())]
    assert oldest[0] <= now - timedelta(days=age) < oldest[1], "a segment begins before the limit"
    found = store.maintenance.verify()
    assert found.is_intact, found.flaws
    assert found.pruned == found.first - 1 > 0
    assert numbers(reopen(tmp_path, retention, QUICK)) == numbers(store)


@pytest.mark.promise("W2")
def test_a_journal_that_is_too_large_loses_lines_that_are_young_enough(tmp_path: Path) -> None:
    retention = replace(SMALL, journal_age=timedelta(days=1000), journal_bytes=20_000)
    aged(tmp_path, 60, retention)
    store = at(tmp_path, NOON + timedelta(days=60), retention)
    store.maintenance.compact()
    segments = list((tmp_path / ".podium/run/journal").iterdir())
    assert sum(path.stat().st_size for path in segments) < 20_000 + SMALL.segment_bytes
    assert store.maintenance.verify().is_intact


def record_in(segment: Path) -> datetime:
    """Return when the first line of a segment was written."""
    return datetime.fromisoformat(json.loads(segment.read_text().splitlines()[0][9:])["ts"])


@pytest.mark.promise("W2")
def test_a_beginning_that_was_removed_without_a_snapshot_is_found(tmp_path: Path) -> None:
    store = at(tmp_path, NOON, replace(SMALL, checkpoint_every=1000))
    for number in range(30):
        put(store, "a", number, text="x" * 300)
    min((tmp_path / ".podium/run/journal").iterdir()).unlink()
    assert any("and were not pruned" in f.reason for f in store.maintenance.verify().flaws)


@pytest.mark.promise("W1")
def test_a_pruned_store_opens_without_its_checkpoint_and_without_its_files(tmp_path: Path) -> None:
    held = aged(tmp_path, 60)
    for path in (tmp_path / ".podium/run").glob("*index*"):
        path.unlink()
    (tmp_path / ".podium/run/checkpoint.json").unlink()
    assert numbers(reopen(tmp_path, SMALL, QUICK)) == held[-1]


def test_a_broken_file_is_answered_from_a_snapshot_when_the_journal_was_pruned(
    tmp_path: Path,
) -> None:
    store = at(tmp_path, NOON)
    put(store, "old", 7)
    store.close()
    aged(tmp_path, 60)
    (tmp_path / ".podium/notes/old.json").write_text("{")
    store = reopen(tmp_path, SMALL, QUICK)
    assert numbers(store)["old"] == 7
    assert [each.path for each in store.problems] == ["notes/old.json"]


@pytest.mark.promise("W3.restored")
def test_the_store_goes_back_to_every_point_that_is_kept_and_forward_again(tmp_path: Path) -> None:
    held = aged(tmp_path, 12)
    folder = tmp_path / ".podium"
    store = at(tmp_path, NOON + timedelta(days=12))
    points = store.maintenance.restore_points()
    assert points.first < len(held) // 3
    for sequence in [*range(points.first, len(held), 7), len(held) - 1]:
        changed = store.maintenance.restore(sequence)
        assert numbers(store) == held[sequence]
        assert numbers(reopen(tmp_path, SMALL, QUICK)) == held[sequence]
        for path in changed:
            number = held[sequence].get(Path(path).stem)
            text = None if number is None else (folder / path).read_text()
            assert text is None or f'"n": {number}' in text or number == 0
            assert (folder / path).exists() == (number is not None)
    assert store.maintenance.verify().is_intact
    assert store.history("store")


def test_a_single_document_goes_back_alone(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    put(store, "b", 1)
    before = store.cursor().sequence
    put(store, "a", 2)
    put(store, "b", 2)
    assert store.maintenance.restore(before, "notes/a") == ["notes/a.json"]
    assert numbers(store) == {"a": 1, "b": 2}
    assert store.maintenance.restore(before, "notes/a") == []


@pytest.mark.promise("W3.restored")
def test_what_a_person_wrote_before_going_back_can_be_gone_back_to(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "a", 1)
    (tmp_path / ".podium/notes/a.json").write_text(canonical_text({"n": 5}))
    store.maintenance.restore(1)
    assert numbers(store) == {"a": 1}
    assert names(store)[0].reason == "before-restore"
    store.maintenance.restore(names(store)[0].sequence)
    assert numbers(store) == {"a": 5}


def test_a_point_that_nothing_reaches_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    aged(tmp_path, 60)
    store = at(tmp_path, NOON + timedelta(days=60))
    before = numbers(store)
    for sequence in (1, 10_000):
        with pytest.raises(NotFoundError, match="cannot be restored") as refusal:
            store.maintenance.restore(sequence)
        assert refusal.value.hints
        assert refusal.value.why
    assert numbers(store) == before


@pytest.mark.promise("W3.restored")
def test_a_damaged_snapshot_is_passed_over(tmp_path: Path) -> None:
    held = aged(tmp_path, 5)
    store = at(tmp_path, NOON + timedelta(days=5))
    newest = max((tmp_path / ".podium/run/snapshots").iterdir())
    for damage in (b"", newest.read_bytes()[:-9], b"\0" * 200):
        newest.write_bytes(damage)
        assert store.maintenance.documents_at(len(held) - 1).keys() == {
            f"notes/{name}.json" for name in held[-1]
        }


def test_a_journal_that_grew_too_large_keeps_less(tmp_path: Path) -> None:
    retention = replace(SMALL, journal_bytes=6000)
    for day in range(6):
        store = at(tmp_path, NOON + timedelta(days=day), retention)
        for number in range(12):
            put(store, "a", number, text="x" * 300)
        store.close()
    store = at(tmp_path, NOON + timedelta(days=5), retention)
    journal = list((tmp_path / ".podium/run/journal").iterdir())
    assert sum(path.stat().st_size for path in journal) < 14_000
    assert store.maintenance.verify().is_intact
    oldest = names(store)[-1]
    assert oldest.sequence < store.maintenance.restore_points().first
    store.maintenance.restore(oldest.sequence)
    assert store.get(note("a"))


def test_a_snapshot_holds_what_others_write_over_meanwhile(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for number in range(20):
        put(store, f"n{number}", number)
    store.maintenance.snapshot("daily")
    shutil.rmtree(tmp_path / ".podium/notes")
    put(store, "n0", 100)
    store.reconcile()
    assert numbers(store) == {"n0": 100}
    store.maintenance.restore(20)
    assert numbers(store) == {f"n{number}": number for number in range(20)}


@pytest.mark.promise("W1")
@pytest.mark.parametrize("seen", [0, 1, 3])
def test_a_reader_that_slept_through_a_pruning_answers_what_is_there_now(
    tmp_path: Path, seen: int
) -> None:
    store = at(tmp_path, NOON)
    sleepers = [reopen(tmp_path, SMALL, QUICK)]
    for number in range(seen):
        put(store, f"n{number}", number)
    sleepers.append(reopen(tmp_path, SMALL, QUICK))
    aged(tmp_path, 40)
    assert min((tmp_path / ".podium/run/journal").iterdir()).stem > "000000000010"
    expected = numbers(reopen(tmp_path, SMALL, QUICK))
    for sleeper in sleepers:
        assert numbers(sleeper) == expected
        put(sleeper, "awake", 1)
        expected["awake"] = 1
    assert numbers(store) == expected


@pytest.mark.promise("W7.archive")
def test_what_is_put_away_is_kept_compressed_and_comes_back_whole(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for number in range(4):
        put(store, f"old{number}", number, text="x" * 5000)
    put(store, "new", 1)
    assert len(store.archive.add("old", "notes/old")) == 4
    assert numbers(store) == numbers(reopen(tmp_path)) == {"new": 1}
    assert {path.name for path in (tmp_path / ".podium/notes").iterdir()} == {"new.json"}
    (kept,) = (tmp_path / ".podium/run/archive").iterdir()
    assert kept.stat().st_size < 1000
    assert store.archive.names() == ["old"]
    assert len(store.archive.unarchive("old")) == 4
    assert numbers(reopen(tmp_path)) == {"new": 1, **{f"old{n}": n for n in range(4)}}
    assert store.archive.names() == []
    with pytest.raises(NotFoundError):
        store.archive.unarchive("../old")
