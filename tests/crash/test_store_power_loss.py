"""Power loss at every instant of the store's work, and the same with each sync left out."""

import contextlib
import json
import random
from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from podium.errors import PodiumError
from podium.model.base import content_hash
from podium.store import Store, Transaction
from podium.store.checkpoint import Checkpoints
from podium.store.journal import Journal
from podium.store.layout import IGNORE_TEXT, MANIFEST, Places
from podium.store.snapshots import Snapshots
from tests.core.store.samples import ME, NOTES, SMALL, Note, StoppedClock, note, numbers
from tests.support.powerloss import SimulatedDisk

FOLDER = Path("/p/.podium")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BROKEN = b'{"n": oops}'
SEED = 20261120


_IGNORE_FOLDER = (
    "sync_folder(fs, os.path.dirname(path)) < make_manifest: write_durably(fs, "
    "places.at(IGNORE_FILE)"
)
DONE_TWICE = {
    "Writer.sync_ahead": "only begins what the checkpoint does again with the lock held",
    "sync_folder(fs, places.root)": "the ignore file's sync follows, unless run/ alone is made",
    _IGNORE_FOLDER: "the sync behind store.json, in the same folder, follows",
}
"""Syncs whose absence alone loses nothing, with the reason why they are there."""


class Violation(AssertionError):
    """Something that was acknowledged is lost, or the store is of no use."""


@dataclass
class Ledger:
    """What must be found: the state that was acknowledged, or the one under way."""

    certain: dict[str, int]
    under_way: dict[str, int] | None = None
    planted: bool = False
    created: bool = False
    marked: int = 0
    snapshot: str = ""


class Trial:
    """Runs the scenario once; before every change, looks at some disks that a power loss leaves.

    Args:
        per_change: how many disks at each change.
        dropped: the sync that is left out.
        most: no more disks than this.
    """

    def __init__(self, per_change: int, *, seed: int, dropped: str = "", most: int = 10**9) -> None:
        self.ledger = Ledger({})
        self.states = 0
        self.disk = SimulatedDisk(dropped, self._lose_power)
        self._dice = random.Random(seed)
        self._per_change = per_change
        self._most = most
        self._moment = NOON

    def run(self) -> None:
        """Carry the scenario out."""
        self.disk.names["/p"] = self.disk.durable_names["/p"] = self.disk.names["/"]
        self._keep_first_snapshot()
        self._work()
        self._work()
        self._break_a_file()
        self._go_back()
        self._work()

    # -- the scenario

    def _keep_first_snapshot(self) -> None:
        store = self._open()
        self._transfer(store, 1)
        self.ledger.snapshot = str(store.upkeep.snapshot("asked-for"))
        self._transfer(store, 2)

    def _work(self) -> None:
        """Transfers across checkpoints, segments, snapshots and pruning, a day for each three."""
        store = self._open()
        for number in range(1, 7):
            self._moment += timedelta(days=1) if number % 3 == 0 else timedelta()
            self._transfer(store, len(self.ledger.certain) + number)
        store = self._open()
        self._transfer(store, 1)
        store.close()
        start = Checkpoints(self.disk, Places(str(FOLDER))).load()
        assert start
        self.ledger.marked = start[0].sequence
        self._transfer(store, 2)
        self.ledger.snapshot = str(store.upkeep.snapshot("asked-for"))

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
            store.upkeep.restore(sequence)
        store.close()

    def _open(self) -> Store:
        store = open_store(self.disk, self._moment)
        self.ledger.created = True
        return store

    @contextlib.contextmanager
    def _promising(self, state: dict[str, int]) -> Generator[None, None, None]:
        self.ledger.under_way = state
        yield
        self.ledger.certain, self.ledger.under_way = state, None

    # -- power loss

    def _lose_power(self) -> None:
        for _ in range(self._per_change):
            if self.states >= self._most:
                return
            self.states += 1
            left = self.disk.after_power_loss(self._dice)
            check(left, self.ledger, self._moment)


def tx_names(tx: Transaction) -> set[str]:
    return {Path(path).stem for path in tx.list(NOTES)}


def open_store(disk: SimulatedDisk, moment: datetime) -> Store:
    bounds = replace(SMALL, snapshot_every=timedelta(days=1), journal_bytes=6000)
    return Store.create(FOLDER, actor=ME, fs=disk, bounds=bounds, clock=StoppedClock(moment))


def check(disk: SimulatedDisk, ledger: Ledger, moment: datetime) -> None:
    """Check what is left after a power loss: nothing acknowledged is lost, all is of use.

    Raises:
        Violation: it is not so.
    """
    try:
        kept = not ledger.planted or disk.holds(BROKEN)
        expect(kept, "what a person wrote into a file is lost")
        check_records(disk, ledger)
        store = open_store(disk, moment)
        found = numbers(store)
        expect(found in (ledger.certain, ledger.under_way), f"found {found}")
        expect(not (flaws := store.upkeep.audit().flaws), f"the chain is broken: {flaws}")
        check_files(disk, store)
        store.transact(lambda tx: tx.put(note("a"), Note(n=7)))
        again = open_store(disk, moment)
        # A whole line without its newline belongs to whoever writes next.
        finished = [found] if ledger.under_way is None else [found, ledger.under_way]
        now = numbers(again)
        expect(now in [{**each, "a": 7} for each in finished], "the next write is lost")
        check_files(disk, again)
    except (PodiumError, OSError) as error:
        raise Violation(f"the store is of no use: {error}") from error


def check_records(disk: SimulatedDisk, ledger: Ledger) -> None:
    """Check what spares the long way after a power loss, and what was promised beside documents."""
    if not ledger.created:
        return
    places = Places(str(FOLDER))
    expect(disk.read(places.at(MANIFEST)), "store.json is lost")
    expect(disk.read(places.at(".gitignore")) == IGNORE_TEXT.encode(), ".gitignore is lost")
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


def expect(truth: object, message: str) -> None:
    if not truth:
        raise Violation(message)


def sync_sites() -> list[str]:
    trial = Trial(0, seed=SEED)
    trial.run()
    return sorted(trial.disk.sites)


@pytest.mark.promise("W1")
@pytest.mark.parametrize("per_change", [1, pytest.param(50, marks=pytest.mark.torture)])
def test_power_loss_at_any_instant_loses_nothing_acknowledged(per_change: int) -> None:
    trial = Trial(per_change, seed=SEED)
    trial.run()
    assert trial.states >= 400 * per_change


@pytest.mark.torture
@pytest.mark.promise("W1")
@pytest.mark.parametrize("site", sync_sites())
def test_a_sync_that_is_left_out_is_noticed(site: str) -> None:
    if any(name in site for name in DONE_TWICE):
        Trial(4, seed=SEED, dropped=site).run()
        return
    with pytest.raises(Violation):
        Trial(16, seed=SEED, dropped=site).run()
