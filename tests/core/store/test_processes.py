"""Several real processes and threads on one store, kills among them."""

import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from podium.errors import StoreLocked
from podium.platform.filesystem import LocalFileSystem
from podium.store import Store
from podium.store.locking.file_lock import FileLock
from tests.core.store.samples import (
    ME,
    NOTES,
    Note,
    increment,
    new_store,
    note,
    numbers,
    put,
    reopen,
)
from tests.core.store.worker import ACCOUNTS
from tests.support import torture
from tests.support.goldens import ROOT

WRITERS = 4


def start(folder: Path, *arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.core.store.worker", str(folder), *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(processes: "list[subprocess.Popen[str]]") -> None:
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0] * len(processes)


@pytest.mark.promise("W1")
def test_eight_processes_that_create_lose_nothing_and_none_is_refused(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    finish([start(tmp_path, "create", 20, f"w{worker}-") for worker in range(8)])
    assert len(numbers(store)) == 160
    assert len(list((tmp_path / ".podium/notes").iterdir())) == 160
    assert numbers(reopen(tmp_path)) == numbers(store)


@pytest.mark.promise("W1")
def test_eight_processes_that_edit_one_document_lose_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    finish([start(tmp_path, "increment", 20, "shared") for _ in range(8)])
    assert numbers(store) == {"shared": 160}
    assert store.cursor().sequence >= 160


@pytest.mark.promise("W1")
def test_threads_of_one_store_lose_nothing_and_read_while_others_write(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    put(store, "shared", 0)
    seen: list[int] = []

    def write() -> None:
        for _ in range(25):
            increment(store, "shared")

    def read() -> None:
        while not seen or seen[-1] < 100:
            found = store.get(note("shared"))
            assert found
            seen.append(found.n)
            store.list(NOTES)
            store.reconcile()

    threads = [threading.Thread(target=write) for _ in range(4)] + [threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == sorted(seen)
    assert numbers(reopen(tmp_path)) == {"shared": 100}


@contextlib.contextmanager
def holder(folder: Path) -> "Generator[subprocess.Popen[str], None, None]":
    """Let another process hold the lock for the length of a block."""
    process = start(folder, "hold", "-", "-")
    assert process.stdout
    assert process.stdout.readline() == "holding\n"
    try:
        yield process
    finally:
        process.communicate()


@pytest.mark.promise("W4")
def test_a_lock_that_is_held_too_long_names_the_holder_and_reading_goes_on(tmp_path: Path) -> None:
    put(new_store(tmp_path), "a", 1)
    (tmp_path / ".podium/notes/b.json").write_text('{"n": 2}')
    with holder(tmp_path) as process:
        store = Store.open(tmp_path / ".podium", actor=ME, lock_seconds=0.1)
        assert numbers(store) == {"a": 1, "b": 2}, "an outside edit is shown all the same"
        with pytest.raises(StoreLocked) as refusal:
            put(store, "a", 2)
        assert str(process.pid) in refusal.value.why
        assert refusal.value.hints
    put(store, "a", 3)
    assert numbers(reopen(tmp_path)) == {"a": 3, "b": 2}
    assert store.history("notes/b.json")


def test_a_waiting_writer_goes_on_when_the_holder_is_killed(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    with holder(tmp_path) as process:
        waiting = threading.Thread(target=put, args=(store, "a", 1))
        waiting.start()
        process.send_signal(signal.SIGKILL)
        waiting.join()
    assert numbers(store) == {"a": 1}


def test_a_wait_that_was_given_up_does_not_keep_the_lock(tmp_path: Path) -> None:
    new_store(tmp_path)
    store = Store.open(tmp_path / ".podium", actor=ME, lock_seconds=0.05)
    with holder(tmp_path):
        for _ in range(3):
            with pytest.raises(StoreLocked):
                put(store, "a", 1)
    put(reopen(tmp_path), "a", 2)
    assert numbers(store) == {"a": 2}


def test_a_lock_file_that_was_replaced_while_waiting_is_not_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"

    class Replacing(LocalFileSystem):
        times = 1

        def lock(self, fd: int, *, shared: bool, block: bool) -> bool:
            if self.times:
                self.times -= 1
                path.unlink()
                path.touch()
            return super().lock(fd, shared=shared, block=block)

    with (
        FileLock(Replacing(), str(path)).held(1),
        pytest.raises(StoreLocked),
        FileLock(LocalFileSystem(), str(path)).held(0),
    ):
        pass


@pytest.mark.promise("W1")
@pytest.mark.parametrize("rounds", [3, pytest.param(200, marks=pytest.mark.torture)])
def test_writers_killed_at_random_keep_every_acknowledged_write(
    tmp_path: Path, rounds: int
) -> None:
    store = new_store(tmp_path)
    for account in range(ACCOUNTS):
        put(store, f"account{account}", 100, text="x" * 500)
    chance = torture.dice()
    for _ in torture.rounds(rounds):
        acks = [tmp_path / f"ack{worker}" for worker in range(WRITERS)]
        processes = [
            start(tmp_path, "transfer", ack, f"worker{number}") for number, ack in enumerate(acks)
        ]
        wait_acknowledged(processes, acks, at_least=chance.randrange(1, 25))
        for process in processes:
            process.send_signal(signal.SIGKILL)
        for process in processes:
            process.communicate()
        check_accounts(tmp_path, store, acks)


def wait_acknowledged(
    processes: "list[subprocess.Popen[str]]", acks: list[Path], at_least: int
) -> None:
    """Wait until each worker was told so many more successes."""
    before = [acknowledged(ack) for ack in acks]
    while any(acknowledged(ack) < old + at_least for ack, old in zip(acks, before, strict=True)):
        assert [process.poll() for process in processes] == [None] * len(processes)
        threading.Event().wait(0.001)


def acknowledged(ack: Path) -> int:
    return int(ack.read_bytes() or 0) if ack.exists() else 0


def check_accounts(folder: Path, living: Store, acks: list[Path]) -> None:
    again = reopen(folder)
    put(again, "touch", again.cursor().sequence)
    found = numbers(again)
    assert sum(found[f"account{account}"] for account in range(ACCOUNTS)) == 100 * ACCOUNTS
    for number, ack in enumerate(acks):
        assert found[f"worker{number}"] - acknowledged(ack) in (0, 1)
    assert numbers(living) == found
    files = {
        path.stem: Note.model_validate_json(path.read_text()).n
        for path in (folder / ".podium/notes").iterdir()
    }
    assert files == found
