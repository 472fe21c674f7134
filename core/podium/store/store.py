"""The store's public face: documents in, documents out, nothing acknowledged is ever lost.

One JSON file per document, a redo journal whose durable line is the commit, one lock for writers,
none for readers. Must not know what any document means.
"""

import contextlib
import copy
import json
import os
import re
import threading
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from podium.errors import InternalError, StorageError
from podium.model.base import Frozen
from podium.model.documents import Folder, Key
from podium.model.events import Actor, Recorded
from podium.platform.clock import SystemClock
from podium.platform.filesystem import LocalFileSystem
from podium.ports.clock import Clock
from podium.ports.filesystem import FileSystem
from podium.store.adopt import Broken, Edited, Examiner, Shapes
from podium.store.bounds import Bounds
from podium.store.chain import Head
from podium.store.checkpoint import Checkpoints
from podium.store.failures import storage_errors
from podium.store.files import Files
from podium.store.folder import check_may_write, make_manifest, make_run_folder, read_manifest
from podium.store.history import last_changes, last_events
from podium.store.journal import Journal, JournalReplaced
from podium.store.layout import LEFTOVER_MARK, Places, check_path, compile_pattern
from podium.store.lock import StoreLock
from podium.store.medium import network_warning
from podium.store.pages import Pages
from podium.store.records import Change, Cursor
from podium.store.replica import Replica
from podium.store.schemas import Schemas
from podium.store.snapshots import Snapshots
from podium.store.transaction import Transaction
from podium.store.turns import Turns
from podium.store.writer import EXTERNAL, Problem, Writer

if TYPE_CHECKING:
    from podium.store.archive import Archive
    from podium.store.recovery import Recovery
    from podium.store.upkeep import Parts, Upkeep

V = TypeVar("V", bound=Frozen)
R = TypeVar("R")


_DEFAULT_BOUNDS = Bounds()
_LOCAL = LocalFileSystem()
_CLOCK = SystemClock()
_WHOLE_FOLDER = "."


class Store:
    """A project's documents. Safe to use from several threads; made by `create` or `open`.

    All methods block for as long as the disk does; asynchronous callers use a worker thread.
    """

    def __init__(
        self,
        places: Places,
        *,
        actor: Actor,
        shapes: Shapes,
        fs: FileSystem,
        clock: Clock,
        lock_seconds: float,
        bounds: Bounds,
    ) -> None:
        self._places = places
        self._actor = actor
        self._fs = fs
        self._clock = clock
        self._bounds = bounds
        self._turns = Turns(fs, places, lock_seconds)
        self._readers_within = 0
        self._reading_thread: int | None = None
        self._journal = Journal(fs, places.journal, segment_bytes=bounds.segment_bytes)
        self._checkpoints = Checkpoints(fs, places)
        self._files = Files(fs, places)
        self._snapshots = Snapshots(fs, places)
        self._schemas = shapes.schemas
        self._shapes = shapes
        self._replica = Replica(
            self._journal, self._checkpoints, self._files, self._snapshots, self._schemas
        )
        self._examiner = Examiner(self._files, self._replica, shapes, clock)
        self._head = Head(fs, places.head)
        self._writer = Writer(
            self._journal,
            self._checkpoints,
            self._files,
            self._replica,
            self._examiner,
            clock,
            self._head,
        )
        self._pages = Pages(
            fs,
            places,
            bounds,
            clock,
            self._replica,
            self._writer,
            self._snapshots,
            self._writing,
            lambda: self.upkeep,
        )

    # -- making and opening

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        actor: Actor,
        shapes: Sequence[Folder[Frozen]] = (),
        fs: FileSystem = _LOCAL,
        clock: Clock = _CLOCK,
        lock_seconds: float = 10.0,
        bounds: Bounds = _DEFAULT_BOUNDS,
    ) -> "Store":
        """Make a store in `folder` (the `.podium` folder itself) and open it.

        A store that exists already is opened. The arguments are those of `open`.

        Raises:
            StorageError: the folder cannot be written, or what stands there cannot be used.
        """
        places = Places(os.path.abspath(folder))
        with storage_errors("make a store here"):
            make_run_folder(fs, places)
            with StoreLock(fs, places.lock).held(lock_seconds):
                make_manifest(fs, places, Schemas(shapes).versions)
        return cls.open(
            folder,
            actor=actor,
            shapes=shapes,
            fs=fs,
            clock=clock,
            lock_seconds=lock_seconds,
            bounds=bounds,
        )

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        actor: Actor,
        shapes: Sequence[Folder[Frozen]] = (),
        fs: FileSystem = _LOCAL,
        clock: Clock = _CLOCK,
        lock_seconds: float = 10.0,
        bounds: Bounds = _DEFAULT_BOUNDS,
    ) -> "Store":
        """Open the store in `folder` (the `.podium` folder itself).

        What a crash left is put right and outside edits are taken over. When that cannot be done
        now (a read-only medium, a damaged journal, a newer format, a busy lock), the store is
        opened all the same and shows what the files say; writing raises then.

        Args:
            folder: the `.podium` folder.
            actor: who writes, for the history.
            shapes: the kinds of documents: an outside edit is taken over only when it fits its
                kind, and other files are left alone. With none, any JSON object is a document.
            fs: the file operations.
            clock: tells when.
            lock_seconds: how long a write waits for other writers.
            bounds: when the store turns a page.

        Raises:
            ProjectNotFound: there is no store.
            StoreReadOnly: the store's format is too new even for reading.
            StoreCorrupted: `store.json` cannot be read.
            StorageError: the folder cannot be read.
        """
        places = Places(os.path.abspath(folder))
        with storage_errors("open the store"):
            read_manifest(fs, places)
            with contextlib.suppress(OSError):  # a read-only medium is read all the same
                make_run_folder(fs, places)
            store = cls(
                places,
                actor=actor,
                shapes=Shapes(shapes),
                fs=fs,
                clock=clock,
                lock_seconds=lock_seconds,
                bounds=bounds,
            )
            store._load()
        return store

    def close(self) -> None:
        """Make everything durable in the files too, so that the next start is quick."""
        if self._replica.state.sequence > self._replica.marked:
            self._pages.turn()

    # -- reading

    def get(self, key: Key[V]) -> V | None:
        """Return a document as it is committed now, None when there is none.

        Raises:
            StoreCorrupted: its content does not fit the key's type, or cannot be found.
        """
        with self._fresh():
            return self._replica.value(check_path(key.path), key.type)

    def list(self, folder: Folder[V]) -> dict[str, V]:
        """Return the documents of a folder as they are committed now, by path, sorted.

        Raises:
            StoreCorrupted: a document does not fit the folder's type, or cannot be found.
        """
        with self._fresh():
            paths = self._replica.matching(compile_pattern(folder.pattern))
            values = {path: self._replica.value(path, folder.type) for path in paths}
            return {path: value for path, value in values.items() if value is not None}

    def hash_of(self, key: Key[V]) -> str | None:
        """Return a document's content hash, for `Transaction.expect`; None when there is none."""
        with self._fresh():
            return self._replica.hash_of(check_path(key.path))

    @contextlib.contextmanager
    def at_one_moment(self) -> Generator[None, None, None]:
        """Let all that this thread reads in a block be of one moment, whoever writes meanwhile.

        Other threads wait for the block's end: it should be quick, and must neither write nor
        await.
        """
        with self._fresh():
            yield

    def history(
        self, subject: str | None = None, *, limit: int = 100, since: datetime | None = None
    ) -> Sequence[Recorded]:
        """Return the last events, newest last.

        Args:
            subject: only events about this id and what belongs to it (`p-1` finds `p-1/t1`).
            limit: at most so many.
            since: none before this moment; the older part of the journal is not read then.
        """
        with storage_errors("read the history"):
            return last_events(self._journal, subject, limit, since)

    def last_changed(self, below: str) -> dict[str, datetime]:
        """Return when anything in each folder directly below one was changed last, by its name.

        What the journal does not reach any more is left out: it is older than all that it tells.
        """
        with self._fresh(), storage_errors("read the history"):
            return last_changes(self._journal, self._replica.state.entries, below)

    def cursor(self) -> Cursor:
        """Return the present end of the feed."""
        with self._fresh():
            return Cursor(self._replica.state.sequence)

    def changes(self, cursor: Cursor) -> AsyncIterator[Change]:
        """Yield every transaction behind `cursor`, whoever wrote it, and wait for more, for ever.

        When the journal was removed in between, one change names all documents.

        Raises:
            StoreCorrupted: the journal is damaged.
        """
        # Short commands need neither an event loop nor a file watcher; they should not load them.
        from podium.store.watch import Feed, follow_changes

        feed = Feed(self._journal, cursor, self._everything)
        return follow_changes(feed, self._places.journal)

    @property
    def problems(self) -> Sequence[Problem]:
        """The files that Podium cannot use or bring up to date now, and torn ones it mended.

        A store on a network file system is a problem, too.
        """
        warning = network_warning(self._places.root)
        medium = [Problem(_WHOLE_FOLDER, warning, None)] if warning else []
        return [*medium, *self._writer.problems.values(), *self._writer.mended]

    # -- writing

    def transact(self, work: Callable[[Transaction], R]) -> R:
        """Run `work` on the committed state and commit what it asks for, all or nothing.

        Writers take turns, so a transaction is never refused because of another one. Nothing is
        written when `work` raises or changes nothing. `work` should be quick: others wait.

        Returns:
            What `work` returns; its changes are durable then.

        Raises:
            StoreLocked: another writer kept the lock for too long.
            StoreReadOnly: the store cannot be written.
            StoreCorrupted: the journal is damaged.
            StorageError: the disk is full or fails; nothing of the transaction is kept.
        """
        if self._reading_thread == threading.get_ident():
            raise InternalError("A transaction was begun inside of a block that reads")
        with self._writing():
            transaction = Transaction(
                self._writer, self._replica, self._examiner, self._files, self._schemas
            )
            try:
                result = work(transaction)
            finally:
                transaction.close()
            self._commit(transaction)
        self._pages.turn_when_due()
        return result

    def adopt(self) -> Sequence[str]:
        """Take over what was changed outside, in all documents; for file events and now and then.

        When it cannot be taken over now, for instance on a read-only medium, it is only shown.

        Returns:
            The documents whose edits are now in the store.

        Raises:
            StorageError: the journal cannot be read.
        """
        with self._fresh():
            suspects = self._suspects()
        return self._take_over(suspects) if suspects else []

    # -- care

    @property
    def upkeep(self) -> "Upkeep":
        """The care of the store: snapshots, going back, the audit."""
        # Daily work does without it; short commands should not load it.
        from podium.store.upkeep import Upkeep

        return Upkeep(self._parts())

    @property
    def recovery(self) -> "Recovery":
        """The way out of trouble; looks at all files first."""
        from podium.store.recovery import Recovery

        self.adopt()
        return Recovery(self._parts())

    @property
    def archive(self) -> "Archive":
        """What was put away, compressed, out of the way of daily work."""
        from podium.store.archive import Archive

        return Archive(self._parts())

    def each_day(self, care: Callable[[], None]) -> None:
        """Let `care` be done behind each daily snapshot, by one process; it must not raise."""
        self._pages.each_day = care

    def on_behalf_of(self, actor: Actor) -> "Store":
        """Return this store for what another actor writes."""
        twin = copy.copy(self)
        twin._actor = actor
        return twin

    def _parts(self) -> "Parts":
        from podium.store.upkeep import Parts

        with self._fresh():
            pass
        return Parts(
            fs=self._fs,
            places=self._places,
            journal=self._journal,
            checkpoints=self._checkpoints,
            files=self._files,
            replica=self._replica,
            writer=self._writer,
            snapshots=self._snapshots,
            head=self._head,
            clock=self._clock,
            actor=self._actor,
            shapes=self._shapes,
            writing=self._writing,
            alone=self._turns.alone,
            bounds=self._bounds,
        )

    # -- helpers

    def _load(self) -> None:
        self._replica.load()
        suspects = self._suspects()
        state = self._replica.state
        if suspects or self._journal.is_unfinished(state.position, state.sequence):
            self._take_over(suspects)

    def _suspects(self) -> Sequence[str]:
        try:
            suspects = self._examiner.suspects()
        except OSError as error:
            reason = f"a folder cannot be listed: {error.strerror}"
            self._writer.problems[_WHOLE_FOLDER] = Problem(_WHOLE_FOLDER, reason, None)
            return []
        self._writer.forget_problems_except(suspects)
        return suspects

    @contextlib.contextmanager
    def _fresh(self) -> Generator[None, None, None]:
        """Catch up with the journal before a block that reads, and stay there until its end."""
        with storage_errors("read the store"), self._replica.mutex:
            if not self._readers_within:
                try:
                    self._replica.catch_up()
                except JournalReplaced:
                    self._replica.load()
                    self._show(self._suspects())
            self._readers_within += 1
            self._reading_thread = threading.get_ident()
            try:
                yield
            finally:
                self._readers_within -= 1
                if not self._readers_within:
                    self._reading_thread = None

    @contextlib.contextmanager
    def _writing(self) -> Generator[Sequence[str], None, None]:
        """Hold the lock, caught up, for the length of a block.

        Yields the documents whose outside edits were taken over at its beginning.
        """
        with self._turns.alone():
            with storage_errors("write to the store"):
                check_may_write(self._fs, self._places, self._schemas.versions)
                adopted = self._writer.begin()
            yield adopted

    def _commit(self, transaction: Transaction) -> None:
        ops = transaction.ops()
        if not ops and not transaction.events:
            return
        with storage_errors("save the change"):
            self._writer.commit(self._actor, ops, transaction.events)
        transaction.publish(ops)

    def _take_over(self, suspects: Sequence[str]) -> Sequence[str]:
        try:
            with (
                self._writing() as adopted,
                storage_errors("take over outside changes"),
            ):
                return sorted({*adopted, *self._writer.settle(suspects)})
        except StorageError:
            self._show(suspects)
            return []

    def _show(self, suspects: Sequence[str]) -> None:
        """Let readers see edited files that cannot be taken into the journal now."""
        for path in suspects:
            if LEFTOVER_MARK in path:  # half of a write; whoever may write removes it
                continue
            match self._examiner.examine(path):
                case Edited(document, after):
                    raw = None if document is None else json.dumps(document).encode()
                    self._replica.overlay(path, raw, after)
                case Broken(reason):
                    self._writer.problems[path] = Problem(path, reason, None)
                case _:
                    pass

    def _everything(self) -> Change:
        with self._fresh():
            return Change(
                sequence=self._replica.state.sequence,
                at=self._clock.now(),
                actor=EXTERNAL,
                paths=tuple(self._replica.matching(re.compile(".*"))),
                events=(),
            )
