"""The documents that the store's tests write; the store itself knows no kind of document."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from podium.model.base import Frozen
from podium.model.documents import Folder, Key
from podium.model.events import Actor
from podium.platform.filesystem import LocalFileSystem
from podium.ports.filesystem import FileSystem
from podium.store import RetentionPolicy, Store, Transaction

ME = Actor(kind="person", name="tester", face="library")
SMALL = RetentionPolicy(checkpoint_every=3, segment_bytes=2500)
"""Turns pages all the time."""
LARGE = RetentionPolicy()
DISK = LocalFileSystem()


class StoppedClock:
    """Always the same moment; by default long ago: no file is old enough to trust its metadata."""

    def __init__(self, moment: datetime = datetime(2001, 1, 1, tzinfo=UTC)) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


class Note(Frozen):
    """A document."""

    n: int = 0
    text: str = ""
    tags: tuple[str, ...] = ()


NOTES = Folder("notes/*.json", Note)
PACKABLE = (replace(NOTES, packable=True), Folder("things/*/thing.json", Note, packable=True))
"""Kinds of documents that may be in packs."""


def note(name: str) -> Key[Note]:
    """Return the address of a note."""
    return Key(f"notes/{name}.json", Note)


def new_store(folder: Path, retention: RetentionPolicy = LARGE, fs: FileSystem = DISK) -> Store:
    """Return a store in `folder`, made when it is missing."""
    return Store.create(folder / ".podium", actor=ME, retention=retention, fs=fs)


def reopen(folder: Path, retention: RetentionPolicy = LARGE, fs: FileSystem = DISK) -> Store:
    """Return one more store on `folder`."""
    return Store.open(folder / ".podium", actor=ME, retention=retention, fs=fs)


def put(store: Store, name: str, n: int, text: str = "") -> None:
    """Write one note."""
    store.transact(lambda tx: tx.put(note(name), Note(n=n, text=text)))


def lose_power(folder: Path) -> None:
    """Let the machine have restarted: what was not synced may be gone, so files may be older."""
    (folder / ".podium/run/published").unlink(missing_ok=True)


def increment(store: Store, name: str) -> int:
    """Add one to a note and return its new number."""

    def work(tx: Transaction) -> int:
        n = (tx.get(note(name)) or Note()).n + 1
        tx.put(note(name), Note(n=n))
        return n

    return store.transact(work)


def numbers(store: Store) -> dict[str, int]:
    """Return the number of every note, by name."""
    return {Path(path).stem: each.n for path, each in store.list(NOTES).items()}
