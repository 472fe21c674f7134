"""Power loss at every instant of the store's work, and the same with each sync left out."""

import contextlib
import itertools
import json
from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from podium.model.base import content_hash
from podium.model.documents import Key
from podium.store import Store, Transaction
from podium.store.disk.folder import read_manifest
from podium.store.disk.layout import IGNORE_TEXT, MANIFEST, StoreLayout
from podium.store.journal.journal import Journal
from podium.store.state.checkpoint import Checkpoints
from podium.store.state.snapshots import Snapshots
from tests.core.store.samples import (
    ME,
    NOTES,
    PACKABLE,
    SMALL,
    Note,
    StoppedClock,
    note,
    numbers,
    put,
)
from tests.core.store.test_versions import LATER, NewNote
from tests.crash.power_loss_trials import FOLDER, NOON, Trial, Violation, expect
from tests.support import torture
from tests.support.powerloss import SimulatedDisk

BROKEN = b'{"n": oops}'
DONE_TWICE = {
    "Writer.presync": "only begins what the checkpoint does again with the lock held",
    "Recovery._renew_journal: parts.snapshots.write": "the checkpoint written next syncs run/ too",
}
"""Syncs whose absence alone loses nothing, with the reason why they are there."""


@dataclass
class Ledger:
    """What must be found: the state that was acknowledged, or the one under way."""

    certain: dict[str, int]
    under_way: dict[str, int] | None = None
    planted: bool = False
    created: bool = False
    marked: int = 0
    snapshot: str = ""


class Days(Trial):
    """Work of many days: checkpoints, segments, snapshots, pruning, a broken file, going back."""

    def __init__(self, per_change: int, *, dropped: str = "") -> None:
        super().__init__(per_change, dropped=dropped)
        self.ledger = Ledger({})

    def work(self) -> None:
        self._keep_first_snapshot()
        self._work()
        self._work()
        self._break_a_file()
        self._go_back()
        self._work()

    def check(self, left: SimulatedDisk) -> None:
        check(left, self.ledger, self.moment)

    # -- the scenario

    def _keep_first_snapshot(self) -> None:
        store = self._open()
        self._transfer(store, 1)
        self.ledger.snapshot = str(store.maintenance.snapshot("asked-for"))
        self._transfer(store, 2)

    def _work(self) -> None:
        """Transfers across checkpoints, segments, snapshots and pruning, a day for each three."""
        store = self._open()
        for number in range(1, 7):
            self.moment += timedelta(days=1) if number % 3 == 0 else timedelta()
            self._transfer(store, len(self.ledger.certain) + number)
        store = self._open()
        self._transfer(store, 1)
        store.close()
        start = Checkpoints(self.disk, StoreLayout(str(FOLDER))).load()
        assert start
        self.ledger.marked = start[0].sequence
        self._transfer(store, 2)
        self.ledger.snapshot = str(store.maintenance.snapshot("asked-for"))

    def _transfer(self, store: Store, number: int) -> None:
        state = dict(self.ledger.certain)
        state |= {"a": state.get("a", 100) - 1, "b": state.get("b", 0) + 1, f"p{number}": number}
        state.pop(f"p{number - 2}", None)

        def work(tx: Transaction) -> None:
            for name in {*tx_names(tx), *state}:
                if name in state:
                    tx.put(note(name), Note(n=state[name], text="x" * (300 if name == "a" else 0)))
                else:
                    tx.delete(note(name))

        with self._promising(state):
            store.transact(work)

    def _break_a_file(self) -> None:
        """Let a person break a file; the copy of it must outlive what is written over it."""
        self.disk.plant(f"{FOLDER}/notes/b.json", BROKEN)
        store = self._open()
        self.ledger.planted = True
        self._transfer(store, 50)

    def _go_back(self) -> None:
        store = self._open()
        sequence = store.cursor().sequence
        before = numbers(store)
        self._transfer(store, 60)
        self._transfer(store, 61)
        with self._promising(before):
            store.maintenance.restore(sequence)
        store.close()

    def _open(self) -> Store:
        store = open_store(self.disk, self.moment)
        self.ledger.created = True
        return store

    @contextlib.contextmanager
    def _promising(self, state: dict[str, int]) -> Generator[None, None, None]:
        self.ledger.under_way = state
        yield
        self.ledger.certain, self.ledger.under_way = state, None


class Clone(Days):
    """A store that git brought: its format file is there, its records are made."""

    def prepare(self) -> None:
        open_store(self.disk, self.moment).close()
        kept = (MANIFEST, ".gitignore")
        texts = {name: self.disk.read(f"{FOLDER}/{name}") or b"" for name in kept}
        former = [path for path in self.disk.names if path.startswith(f"{FOLDER}/")]
        for path in former:
            del self.disk.names[path]
        self.disk.entries.clear()
        self.disk.durable_names = dict(self.disk.names)
        for name, text in texts.items():
            self.disk.plant(f"{FOLDER}/{name}", text)

    def work(self) -> None:
        store = self._open()
        self._transfer(store, 1)
        self._transfer(store, 2)


HELD = {f"n{number}": number for number in range(4)}


def fill(disk: SimulatedDisk) -> None:
    store = open_store(disk, NOON)
    for name, number in HELD.items():
        put(store, name, number, text="x" * 80)
    store.close()


class PutAway(Trial):
    """Documents go into the archive and come back."""

    away = "no"

    def prepare(self) -> None:
        fill(self.disk)

    def work(self) -> None:
        store = open_store(self.disk, NOON)
        self.away = "going"
        store.archive.add("old", "notes/")
        self.away = "yes"
        self._per_change *= 3
        store.transact(lambda tx: tx.put(Key("other/a.json", Note), Note()))
        self.away = "coming"
        store.archive.unarchive("old")
        self.away = "no"
        store.transact(lambda tx: tx.put(Key("other/b.json", Note), Note()))

    def check(self, left: SimulatedDisk) -> None:
        store = open_store(left, NOON)
        found = numbers(store)
        match self.away:
            case "no":
                expect(found == HELD, f"found {found}")
            case "yes":
                expect(found == {}, f"found {found}")
            case _:
                expect(found in (HELD, {}), f"found {found}")
        if not found:
            expect(store.archive.names() == ["old"], "the archive is lost")
            store.archive.unarchive("old")
            expect(numbers(store) == HELD, "what was put away is lost")
            expect(numbers(open_store(left, NOON)) == HELD, "what came back is lost")


class Packing(Trial):
    """Documents go into packs, are changed and deleted there, and come out again."""

    certain = HELD
    under_way = HELD

    def prepare(self) -> None:
        fill(self.disk)

    def work(self) -> None:
        store = open_packable(self.disk)
        store.maintenance.pack([note(name).path for name in HELD])
        self._change(store, {"n0": 10})
        self._change(store, {"n1": None, "n0": 11})
        store.close()
        self._change(store, {"n2": 12})
        store.maintenance.pack([note(name).path for name in HELD])
        self._change(store, {"n2": None})
        store.close()
        self._change(store, {"n3": 13})

    def check(self, left: SimulatedDisk) -> None:
        store = open_packable(left)
        found = numbers(store)
        expect(found in (self.certain, self.under_way), f"found {found}")
        store.transact(lambda tx: tx.put(note("later"), Note(n=9)))
        store.close()
        again = open_packable(left)
        now = numbers(again)
        finished = [{**each, "later": 9} for each in (self.certain, self.under_way)]
        expect(now in finished, f"found {now} after the next write")
        expect(not again.problems, f"problems: {again.problems}")
        for path in [each for each in left.names if each.startswith(f"{FOLDER}/run/")]:
            del left.names[path]
        expect(numbers(open_packable(left)) == now, "the files and packs lag")

    def _change(self, store: Store, changes: dict[str, int | None]) -> None:
        merged = {**self.certain, **changes}
        self.under_way = {name: n for name, n in merged.items() if n is not None}

        def work(tx: Transaction) -> None:
            for name, number in changes.items():
                if number is None:
                    tx.delete(note(name))
                else:
                    tx.put(note(name), Note(n=number))

        store.transact(work)
        self.certain = self.under_way


def open_packable(disk: SimulatedDisk) -> Store:
    return Store.create(
        FOLDER, actor=ME, fs=disk, kinds=PACKABLE, retention=SMALL, clock=StoppedClock(NOON)
    )


class Migration(Trial):
    """All documents become documents of a later version."""

    done = False

    def prepare(self) -> None:
        fill(self.disk)

    def work(self) -> None:
        store = open_later(self.disk)
        store.maintenance.migrate()
        self.done = True
        store.transact(lambda tx: tx.put(Key("notes/n0.json", NewNote), NewNote(count=0)))

    def check(self, left: SimulatedDisk) -> None:
        texts = [left.read(f"{FOLDER}/notes/{name}.json") or b"" for name in HELD]
        raised = [text for text in texts if b'"schema"' in text]
        snapshots = Snapshots(left, StoreLayout(str(FOLDER)))
        whole = [name for name in snapshots.names() if snapshots.read(name) is not None]
        kept = any(name.reason == "before-migration" for name in whole)
        expect(kept or not (raised or self.done), "the snapshot before the migration is lost")
        schemas = read_manifest(left, StoreLayout(str(FOLDER))).schemas
        expect(schemas == {LATER.pattern: 3} or not self.done, "older programs may write again")
        store = open_later(left)
        expect(counts(store) == HELD, f"found {counts(store)}")
        changed = store.maintenance.migrate()
        expect(not (self.done and changed), "the migration is lost")
        expect(counts(open_later(left)) == HELD, f"found {counts(store)} afterwards")
        expect(store.maintenance.outdated() == [], "documents of a former version are left")


class Renewal(Trial):
    """A damaged journal is set aside; a new one begins; a file that lags behind is brought up."""

    damaged = b""
    done = False

    def prepare(self) -> None:
        fill(self.disk)
        put(store := open_store(self.disk, NOON), "n2", 7)
        store.close()
        lagging = f"{FOLDER}/{note('n2').path}"
        older = self.disk.read(lagging) or b""
        put(store := open_store(self.disk, NOON), "n2", HELD["n2"])
        put(store, "n1", 1, text="y" * 80)
        journal = f"{FOLDER}/run/journal"
        path = f"{journal}/{max(self.disk.listdir(journal))}"
        before, ops, after = (self.disk.read(path) or b"").rpartition(b'"ops"')
        self.damaged = before + ops.upper() + after
        self.disk.plant(path, self.damaged)
        self.disk.plant(lagging, older)

    def work(self) -> None:
        store = open_store(self.disk, NOON)
        recovery = store.recovery
        for trouble in recovery.diagnose():
            recovery.apply(trouble, trouble.remedies[0].name)
        self.done = True
        store.transact(lambda tx: tx.put(Key("other/a.json", Note), Note()))

    def check(self, left: SimulatedDisk) -> None:
        expect(left.holds(self.damaged), "the damaged journal was not kept")
        store = open_store(left, NOON)
        expect(numbers(store) == HELD, f"found {numbers(store)}")
        troubles = store.recovery.diagnose()
        expect(not (self.done and troubles), "the recovery is lost")
        for trouble in troubles:
            store.recovery.apply(trouble, trouble.remedies[0].name)
        store.transact(lambda tx: tx.put(note("later"), Note(n=9)))
        expect(numbers(open_store(left, NOON)) == {**HELD, "later": 9}, "the next write is lost")


TRIALS: dict[str, type[Trial]] = {
    "days": Days,
    "clone": Clone,
    "put away": PutAway,
    "packing": Packing,
    "migration": Migration,
    "renewal": Renewal,
}


def open_later(disk: SimulatedDisk) -> Store:
    return Store.open(
        FOLDER, actor=ME, fs=disk, kinds=(LATER,), retention=SMALL, clock=StoppedClock(NOON)
    )


def counts(store: Store) -> dict[str, int]:
    return {Path(path).stem: each.count for path, each in store.list(LATER).items()}


def tx_names(tx: Transaction) -> set[str]:
    return {Path(path).stem for path in tx.list(NOTES)}


def open_store(disk: SimulatedDisk, moment: datetime) -> Store:
    retention = replace(SMALL, snapshot_every=timedelta(days=1), journal_bytes=6000)
    return Store.create(FOLDER, actor=ME, fs=disk, retention=retention, clock=StoppedClock(moment))


def check(disk: SimulatedDisk, ledger: Ledger, moment: datetime) -> None:
    """Check what is left after a power loss: nothing acknowledged is lost, all is of use."""
    kept = not ledger.planted or disk.holds(BROKEN)
    expect(kept, "what a person wrote into a file is lost")
    check_records(disk, ledger)
    store = open_store(disk, moment)
    found = numbers(store)
    expect(found in (ledger.certain, ledger.under_way), f"found {found}")
    expect(not (flaws := store.maintenance.verify().flaws), f"the chain is broken: {flaws}")
    check_files(disk, store)
    store.transact(lambda tx: tx.put(note("a"), Note(n=7)))
    again = open_store(disk, moment)
    # A whole line without its newline belongs to whoever writes next.
    finished = [found] if ledger.under_way is None else [found, ledger.under_way]
    now = numbers(again)
    expect(now in [{**each, "a": 7} for each in finished], "the next write is lost")
    check_files(disk, again)


def check_records(disk: SimulatedDisk, ledger: Ledger) -> None:
    """Check what spares the long way after a power loss, and what was promised beside documents."""
    places = StoreLayout(str(FOLDER))
    made = disk.read(places.at(MANIFEST)) is not None
    expect(made or not ledger.created, "store.json is lost")
    ignored = disk.read(places.at(".gitignore")) == IGNORE_TEXT.encode()
    expect(ignored or not made, "a store without its .gitignore")
    start = Checkpoints(disk, places).load()
    if ledger.marked:
        reached = start is not None and start[0].sequence >= ledger.marked
        expect(reached, "the checkpoint is lost")
        assert start
        expect(Journal(disk, places.journal).holds(start[0].position), "the mark is of no use")
    if ledger.snapshot:
        snapshots = Snapshots(disk, places)
        named = [name for name in snapshots.names() if str(name) == ledger.snapshot]
        whole = bool(named) and snapshots.read(named[0]) is not None
        expect(whole, "a snapshot is lost")


def check_files(disk: SimulatedDisk, store: Store) -> None:
    for path, value in store.list(NOTES).items():
        content = disk.read(f"{FOLDER}/{path}") or b"{}"
        if content == BROKEN:
            continue
        try:
            held = content_hash(json.loads(content))
        except ValueError as error:
            raise Violation(f"{path} cannot be read") from error
        expect(held == content_hash(value.model_dump(exclude_defaults=True)), f"{path} lags")


def sync_sites() -> dict[str, list[type[Trial]]]:
    """Return the places of all syncs, each with the trials that come by."""
    found: dict[str, list[type[Trial]]] = {}
    for kind in TRIALS.values():
        trial = kind(0)
        trial.run()
        for site in sorted(trial.disk.sites):
            found.setdefault(site, []).append(kind)
    return found


SITES = sync_sites()


@pytest.mark.promise("W1")
@pytest.mark.parametrize("per_change", [1, pytest.param(50, marks=pytest.mark.torture)])
@pytest.mark.parametrize("name", TRIALS)
def test_power_loss_at_any_instant_loses_nothing_acknowledged(name: str, per_change: int) -> None:
    trial = TRIALS[name](per_change)
    trial.run()
    least = 400 if name == "days" else 20
    assert trial.states >= least * per_change or torture.is_over()


@pytest.mark.torture
@pytest.mark.promise("W1")
@pytest.mark.parametrize("site", SITES)
def test_a_sync_that_is_left_out_is_noticed(site: str) -> None:
    if any(name in site for name in DONE_TWICE):
        Days(4, dropped=site).run()
        return
    shortest_first = sorted(SITES[site], key=list(TRIALS.values())[::-1].index)
    for per_change, kind in itertools.product((4, 16, 64), shortest_first):
        try:
            kind(per_change, dropped=site).run()
        except Violation:
            return
        if torture.is_over():
            pytest.skip("the time box is used up")
    pytest.fail(f"nothing notices that this is left out: {site}")
