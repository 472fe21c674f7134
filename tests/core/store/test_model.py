"""Two processes, a person and a dictionary: whatever they do, the dictionary is right."""

import shutil
import tempfile
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from podium.errors import StorageError
from podium.model.base import canonical_text
from podium.store import Store, Transaction
from tests.core.store.samples import ME, NOTES, SMALL, Note, new_store, note, numbers, reopen
from tests.support import torture
from tests.support.faults import Case, Fault, FaultFileSystem, Killed, UnsyncedFileSystem

NAMES = st.sampled_from(["a", "b", "c", "d"])
PROCESSES = st.sampled_from([0, 1])
BROKEN, BROKEN_TEXT = "broken", '{"n": oops}'
KILLS = [Fault.KILL_BEFORE, Fault.KILL_AFTER]
FAULTS = [*KILLS, Fault.IO_ERROR, Fault.DISK_FULL, Fault.DISK_STAYS_FULL]
QUICK = UnsyncedFileSystem()


def _write(values: dict[str, int], tx: Transaction) -> None:
    for name, number in values.items():
        tx.put(note(name), Note(n=number))


class StoreMachine(RuleBasedStateMachine):
    """Random histories.

    `committed` is what the store must answer; `kept` is what snapshots hold; `on_disk` holds what
    the person did to files and no process has looked at yet: a number, None for a removed file, or
    text that is no JSON.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.fresh = count(10)
        self.committed: dict[str, int] = {}
        self.on_disk: dict[str, int | str | None] = {}
        self.stores: list[Store] = []
        self.kept: dict[int, dict[str, int]] = {}

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @initialize()
    def open_both(self) -> None:
        self.stores = [new_store(self.folder, SMALL, QUICK), reopen(self.folder, SMALL, QUICK)]

    # -- the processes

    @rule(process=PROCESSES, name=NAMES)
    def put(self, process: int, name: str) -> None:
        number = next(self.fresh)
        self.stores[process].transact(lambda tx: tx.put(note(name), Note(n=number)))
        self.settle(name)
        self.committed[name] = number
        self.on_disk.pop(name, None)

    @rule(process=PROCESSES, one=NAMES, other=NAMES)
    def swap_and_count(self, process: int, one: str, other: str) -> None:
        def work(tx: Transaction) -> None:
            first, second = tx.get(note(one)) or Note(), tx.get(note(other)) or Note()
            tx.put(note(one), second)
            tx.put(note(other), first)

        self.stores[process].transact(work)
        self.settle(one, other)
        before = dict(self.committed)
        self.committed[one] = before.get(other, 0)
        self.committed[other] = before.get(one, 0)
        for name in (one, other):
            if self.committed[name] != before.get(name):
                self.on_disk.pop(name, None)

    @rule(process=PROCESSES, name=NAMES)
    def delete(self, process: int, name: str) -> None:
        self.stores[process].transact(lambda tx: tx.delete(note(name)))
        self.settle(name)
        if self.committed.pop(name, None) is not None:
            self.on_disk.pop(name, None)

    @rule(process=PROCESSES, name=NAMES)
    def fail_in_the_middle(self, process: int, name: str) -> None:
        def work(tx: Transaction) -> None:
            tx.put(note(name), Note(n=-1))
            raise LookupError

        with pytest.raises(LookupError):
            self.stores[process].transact(work)
        self.settle(name)

    @rule(process=PROCESSES)
    def list_in_a_transaction(self, process: int) -> None:
        found = self.stores[process].transact(lambda tx: tx.list(NOTES))
        self.settle(*self.on_disk)
        assert {Path(path).stem: each.n for path, each in found.items()} == self.committed

    @rule(process=PROCESSES)
    def adopt(self, process: int) -> None:
        self.stores[process].reconcile()
        self.settle(*self.on_disk)
        broken = {path.stem for path in self.files() if self.on_disk.get(path.stem) == BROKEN}
        assert {Path(each.path).stem for each in self.stores[process].problems} == broken

    @rule(process=PROCESSES, cleanly=st.booleans())
    def restart(self, process: int, cleanly: bool) -> None:
        if cleanly:
            self.stores[process].close()
        self.stores[process] = reopen(self.folder, SMALL, QUICK)
        self.settle(*self.on_disk)

    @rule(process=PROCESSES, name=NAMES, at=st.integers(0, 60), fault=st.sampled_from(FAULTS))
    def crash(self, process: int, name: str, at: int, fault: Fault) -> None:
        """Let a third process die, or meet a failing disk, in the middle of two transactions."""
        self.take_over(process)
        steps: list[dict[str, int]] = [{name: next(self.fresh)}, {"d": next(self.fresh)}]
        acknowledged = 0
        try:
            fs = FaultFileSystem(Case(at, fault))
            store = Store.open(self.folder / ".podium", actor=ME, retention=SMALL, fs=fs)
            for step in steps:
                store.transact(partial(_write, step))
                acknowledged += 1
            store.close()
        except Killed:
            assert fault in KILLS
        except StorageError:
            assert fault not in KILLS
        self.stores[process] = reopen(self.folder, SMALL, QUICK)
        states = [self.committed, self.committed | steps[0], self.committed | steps[0] | steps[1]]
        found = numbers(self.stores[process])
        assert found in states[acknowledged:], "neither in whole nor absent, or lost"
        self.committed = found
        self.forget_mended()

    # -- going back

    @rule(process=PROCESSES)
    def snapshot(self, process: int) -> None:
        self.take_over(process)
        name = self.stores[process].maintenance.snapshot("asked-for")
        self.kept[name.sequence] = dict(self.committed)

    @precondition(lambda self: self.kept)
    @rule(process=PROCESSES, choice=st.integers(0, 20))
    def restore(self, process: int, choice: int) -> None:
        self.take_over(process)
        sequence = sorted(self.kept)[choice % len(self.kept)]
        self.stores[process].maintenance.restore(sequence)
        self.committed = dict(self.kept[sequence])
        self.forget_mended()

    # -- the person

    @rule(name=NAMES)
    def edit(self, name: str) -> None:
        number = next(self.fresh)
        self.write(name, canonical_text({"n": number}))
        self.on_disk[name] = number

    @rule(name=NAMES)
    def spoil(self, name: str) -> None:
        self.write(name, BROKEN_TEXT)
        self.on_disk[name] = BROKEN

    @rule(name=NAMES, number=st.integers(0, 3))
    def check_out_an_older_version_or_none(self, name: str, number: int) -> None:
        """Behind a checkpoint: above it, older content may be what a crash left."""
        self.stores[0].reconcile()
        self.stores[0].close()
        self.settle(*self.on_disk)
        if number:
            self.write(name, canonical_text({"n": number}))
        else:
            (self.folder / f".podium/notes/{name}.json").unlink(missing_ok=True)
        self.on_disk[name] = number or None

    # -- what must hold

    @invariant()
    def every_process_answers_what_is_committed(self) -> None:
        """A process may look at a file earlier than it must, so an edit may be in already."""
        found = numbers(self.stores[0])
        self.settle(*(name for name, value in self.on_disk.items() if found.get(name) == value))
        assert found == self.committed
        assert numbers(self.stores[1]) == self.committed

    def take_over(self, process: int) -> None:
        """Let a process look at all files, so that nothing of the person's waits."""
        self.stores[process].reconcile()
        self.settle(*self.on_disk)

    def forget_mended(self) -> None:
        """Forget the broken files that were replaced."""
        for name in [*self.on_disk]:
            path = self.folder / f".podium/notes/{name}.json"
            if not path.exists() or path.read_text() != BROKEN_TEXT:
                self.on_disk.pop(name)

    def settle(self, *names: str) -> None:
        """Let a process have looked at files: what the person did to them is committed."""
        for name in [*names]:
            if self.on_disk.get(name, BROKEN) == BROKEN:
                continue
            found = self.on_disk.pop(name)
            if isinstance(found, int):
                self.committed[name] = found
            else:
                self.committed.pop(name, None)

    def write(self, name: str, text: str) -> None:
        path = self.folder / f".podium/notes/{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def files(self) -> list[Path]:
        folder = self.folder / ".podium/notes"
        return sorted(folder.iterdir()) if folder.exists() else []


@pytest.mark.promise("W1")
@pytest.mark.parametrize("histories", [60, pytest.param(3000, marks=pytest.mark.torture)])
def test_whatever_processes_and_a_person_do_the_store_answers_like_a_dictionary(
    histories: int,
) -> None:
    """The long version throws other dice with each seed, until its time is over."""
    long = histories > 60

    class Machine(StoreMachine):
        def __init__(self) -> None:
            if long and torture.is_over():
                pytest.skip("the time box is used up")
            super().__init__()

    chosen = settings(max_examples=histories, stateful_step_count=25, derandomize=not long)
    machine = seed(torture.SEED)(Machine) if long else Machine
    run_state_machine_as_test(machine, settings=chosen)
