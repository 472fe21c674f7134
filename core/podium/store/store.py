"""The store's public face: documents in, documents out, nothing acknowledged is ever lost.

One JSON file per document, a redo journal whose durable line is the commit, one lock for writers,
none for readers. Must not know what any document means.
"""

import contextlib
import copy
import dataclasses
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
from podium.ports.clock import Clock, SystemClock
from podium.ports.filesystem import FileSystem, LocalFileSystem
from podium.store.disk.errors import storage_errors
from podium.store.disk.filesystem_type import network_warning
from podium.store.disk.folder import make_manifest, make_run_folder, read_manifest
from podium.store.disk.layout import TEMPORARY_MARK, StoreLayout, check_path, compile_pattern
from podium.store.documents.kinds import DocumentKinds
from podium.store.documents.reconcile import Broken, Edited
from podium.store.documents.upcasters import Upcasters
from podium.store.journal.history import last_changes, last_events
from podium.store.journal.journal import JournalReplaced
from podium.store.journal.record import Change, Cursor
from podium.store.locking.file_lock import FileLock
from podium.store.maintenance.components import Components, assemble
from podium.store.maintenance.retention import RetentionPolicy
from podium.store.maintenance.scheduler import CheckpointScheduler
from podium.store.transaction import Transaction
from podium.store.writer import EXTERNAL, Problem

if TYPE_CHECKING:
    from podium.store.maintenance.archive import Archive
    from podium.store.maintenance.maintenance import Maintenance
    from podium.store.maintenance.recovery import Recovery

V = TypeVar("V", bound=Frozen)
R = TypeVar("R")


_DEFAULT_RETENTION = RetentionPolicy()
_LOCAL = LocalFileSystem()
_CLOCK = SystemClock()
_WHOLE_FOLDER = "."


class Store:
    """A project's documents. Safe to use from several threads; made by `create` or `open`.

    All methods block for as long as the disk does; asynchronous callers use a worker thread.
    """

    def __init__(self, parts: Components) -> None:
        self._parts = parts
        self._replica = parts.replica
        self._writer = parts.writer
        self._classifier = parts.classifier
        self._scheduler = CheckpointScheduler(parts)
        self._read_depth = 0
        self._reading_thread: int | None = None

    # -- making and opening

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        actor: Actor,
        kinds: Sequence[Folder[Frozen]] = (),
        fs: FileSystem = _LOCAL,
        clock: Clock = _CLOCK,
        lock_seconds: float = 10.0,
        retention: RetentionPolicy = _DEFAULT_RETENTION,
    ) -> "Store":
        """Make a store in `folder` (the `.podium` folder itself) and open it.

        A store that exists already is opened. The arguments are those of `open`.

        Raises:
            StorageError: the folder cannot be written, or what stands there cannot be used.
        """
        layout = StoreLayout(os.path.abspath(folder))
        with storage_errors("make a store here"):
            make_run_folder(fs, layout)
            with FileLock(fs, layout.lock).held(lock_seconds):
                make_manifest(fs, layout, Upcasters(kinds).versions)
        return cls.open(
            folder,
            actor=actor,
            kinds=kinds,
            fs=fs,
            clock=clock,
            lock_seconds=lock_seconds,
            retention=retention,
        )

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        actor: Actor,
        kinds: Sequence[Folder[Frozen]] = (),
        fs: FileSystem = _LOCAL,
        clock: Clock = _CLOCK,
        lock_seconds: float = 10.0,
        retention: RetentionPolicy = _DEFAULT_RETENTION,
    ) -> "Store":
        """Open the store in `folder` (the `.podium` folder itself).

        What a crash left is put right and outside edits are taken over. When that cannot be done
        now (a read-only medium, a damaged journal, a newer format, a busy lock), the store is
        opened all the same and shows what the files say; writing raises then.

        Args:
            folder: the `.podium` folder.
            actor: who writes, for the history.
            kinds: the kinds of documents: an outside edit is taken over only when it fits its
                kind, and other files are left alone. With none, any JSON object is a document.
            fs: the file operations.
            clock: tells when.
            lock_seconds: how long a write waits for other writers.
            retention: when the store turns a page.

        Raises:
            ProjectNotFound: there is no store.
            StoreReadOnly: the store's format is too new even for reading.
            StoreCorrupted: `store.json` cannot be read.
            StorageError: the folder cannot be read.
        """
        layout = StoreLayout(os.path.abspath(folder))
        with storage_errors("open the store"):
            read_manifest(fs, layout)
            with contextlib.suppress(OSError):  # a read-only medium is read all the same
                make_run_folder(fs, layout)
            parts = assemble(
                layout,
                actor=actor,
                kinds=DocumentKinds(kinds),
                fs=fs,
                clock=clock,
                lock_seconds=lock_seconds,
                retention=retention,
            )
            store = cls(parts)
            store._load()
        return store

    def close(self) -> None:
        """Make everything durable in the files too, so that the next start is quick."""
        if self._replica.state.sequence > self._replica.checkpoint_sequence:
            self._scheduler.checkpoint()

    # -- reading

    def get(self, key: Key[V]) -> V | None:
        """Return a document as it is committed now, None when there is none.

        Raises:
            StoreCorrupted: its content does not fit the key's type, or cannot be found.
        """
        with self._caught_up():
            return self._replica.value(check_path(key.path), key.type)

    def list(self, folder: Folder[V]) -> dict[str, V]:
        """Return the documents of a folder as they are committed now, by path, sorted.

        Raises:
            StoreCorrupted: a document does not fit the folder's type, or cannot be found.
        """
        with self._caught_up():
            paths = self._replica.matching(compile_pattern(folder.pattern))
            values = {path: self._replica.value(path, folder.type) for path in paths}
            return {path: value for path, value in values.items() if value is not None}

    def hash_of(self, key: Key[V]) -> str | None:
        """Return a document's content hash, for `Transaction.expect`; None when there is none."""
        with self._caught_up():
            return self._replica.hash_of(check_path(key.path))

    @contextlib.contextmanager
    def consistent_read(self) -> Generator[None, None, None]:
        """Let all that this thread reads in a block be of one moment, whoever writes meanwhile.

        Other threads wait for the block's end: it should be quick, and must neither write nor
        await.
        """
        with self._caught_up():
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
            return last_events(self._parts.journal, subject, limit, since)

    def last_changed(self, below: str) -> dict[str, datetime]:
        """Return when anything in each folder directly below one was changed last, by its name.

        What the journal does not reach any more is left out: it is older than all that it tells.
        """
        with self._caught_up(), storage_errors("read the history"):
            return last_changes(self._parts.journal, self._replica.state.entries, below)

    def cursor(self) -> Cursor:
        """Return the present end of the feed."""
        with self._caught_up():
            return Cursor(self._replica.state.sequence)

    def changes(self, cursor: Cursor) -> AsyncIterator[Change]:
        """Yield every transaction behind `cursor`, whoever wrote it, and wait for more, for ever.

        When the journal was removed in between, one change names all documents.

        Raises:
            StoreCorrupted: the journal is damaged.
        """
        # Short commands need neither an event loop nor a file watcher; they should not load them.
        from podium.store.journal.change_feed import ChangeFeed, follow_changes

        feed = ChangeFeed(self._parts.journal, cursor, self._everything)
        return follow_changes(feed, self._parts.layout.journal)

    @property
    def problems(self) -> Sequence[Problem]:
        """The files that Podium cannot use or bring up to date now, and torn ones it mended.

        A store on a network file system is a problem, too.
        """
        warning = network_warning(self._parts.layout.root)
        medium = [Problem(_WHOLE_FOLDER, warning, None)] if warning else []
        return [*medium, *self._writer.problems.values(), *self._writer.repaired]

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
        with self._parts.writing():
            transaction = Transaction(
                self._writer,
                self._replica,
                self._classifier,
                self._parts.files,
                self._parts.kinds.upcasters,
            )
            try:
                result = work(transaction)
            finally:
                transaction.close()
            self._commit(transaction)
        self._scheduler.checkpoint_if_due()
        return result

    def reconcile(self) -> Sequence[str]:
        """Take over what was changed outside, in all documents; for file events and now and then.

        When it cannot be taken over now, for instance on a read-only medium, it is only shown.

        Returns:
            The documents whose edits are now in the store.

        Raises:
            StorageError: the journal cannot be read.
        """
        with self._caught_up():
            out_of_sync = self._find_out_of_sync()
        return self._commit_edits(out_of_sync) if out_of_sync else []

    # -- care

    @property
    def maintenance(self) -> "Maintenance":
        """Snapshots, going back, pruning, migration and the audit."""
        # Daily work does without it; short commands should not load it.
        from podium.store.maintenance.maintenance import Maintenance

        return Maintenance(self._caught_up_parts())

    @property
    def recovery(self) -> "Recovery":
        """The way out of trouble; looks at all files first."""
        from podium.store.maintenance.recovery import Recovery

        self.reconcile()
        return Recovery(self._caught_up_parts())

    @property
    def archive(self) -> "Archive":
        """What was put away, compressed, out of the way of daily work."""
        from podium.store.maintenance.archive import Archive

        return Archive(self._caught_up_parts())

    def schedule_daily(self, task: Callable[[], None]) -> None:
        """Let `task` be done behind each daily snapshot, by one process; it must not raise."""
        self._scheduler.daily_task = task

    def on_behalf_of(self, actor: Actor) -> "Store":
        """Return this store for what another actor writes."""
        twin = copy.copy(self)
        twin._parts = dataclasses.replace(self._parts, actor=actor)
        return twin

    # -- helpers

    def _caught_up_parts(self) -> Components:
        with self._caught_up():
            return self._parts

    def _load(self) -> None:
        self._replica.load()
        out_of_sync = self._find_out_of_sync()
        state = self._replica.state
        if out_of_sync or self._parts.journal.has_unfinished_tail(state.position, state.sequence):
            self._commit_edits(out_of_sync)

    def _find_out_of_sync(self) -> Sequence[str]:
        try:
            out_of_sync = self._classifier.out_of_sync()
        except OSError as error:
            reason = f"a folder cannot be listed: {error.strerror}"
            self._writer.problems[_WHOLE_FOLDER] = Problem(_WHOLE_FOLDER, reason, None)
            return []
        self._writer.forget_problems_except(out_of_sync)
        return out_of_sync

    @contextlib.contextmanager
    def _caught_up(self) -> Generator[None, None, None]:
        """Catch up with the journal before a block that reads, and stay there until its end."""
        with storage_errors("read the store"), self._replica.mutex:
            if not self._read_depth:
                try:
                    self._replica.catch_up()
                except JournalReplaced:
                    self._replica.load()
                    self._overlay_edits(self._find_out_of_sync())
            self._read_depth += 1
            self._reading_thread = threading.get_ident()
            try:
                yield
            finally:
                self._read_depth -= 1
                if not self._read_depth:
                    self._reading_thread = None

    def _commit(self, transaction: Transaction) -> None:
        ops = transaction.ops()
        if not ops and not transaction.events:
            return
        with storage_errors("save the change"):
            self._writer.commit(self._parts.actor, ops, transaction.events)
        transaction.publish(ops)

    def _commit_edits(self, out_of_sync: Sequence[str]) -> Sequence[str]:
        try:
            with (
                self._parts.writing() as edited,
                storage_errors("take over outside changes"),
            ):
                return sorted({*edited, *self._writer.reconcile(out_of_sync)})
        except StorageError:
            self._overlay_edits(out_of_sync)
            return []

    def _overlay_edits(self, out_of_sync: Sequence[str]) -> None:
        """Let readers see edited files that cannot be taken into the journal now."""
        for path in out_of_sync:
            if TEMPORARY_MARK in path:  # half of a write; whoever may write removes it
                continue
            match self._classifier.classify(path):
                case Edited(document, after):
                    raw = None if document is None else json.dumps(document).encode()
                    self._replica.overlay(path, raw, after)
                case Broken(reason):
                    self._writer.problems[path] = Problem(path, reason, None)
                case _:
                    pass

    def _everything(self) -> Change:
        with self._caught_up():
            return Change(
                sequence=self._replica.state.sequence,
                at=self._parts.clock.now(),
                actor=EXTERNAL,
                paths=tuple(self._replica.matching(re.compile(".*"))),
                events=(),
            )
