"""The store's public interface: reads and writes documents without losing acknowledged writes.

One JSON file per document, a redo journal in which making a line durable is the commit, one lock
for writers, none for readers.
"""

import contextlib
import copy
import dataclasses
import json
import os
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
from podium.platform.owned_files import reusing_folders
from podium.ports.clock import Clock
from podium.ports.filesystem import FileSystem
from podium.store.disk.errors import storage_errors
from podium.store.disk.filesystem_type import network_warning
from podium.store.disk.folder import (
    make_manifest,
    make_run_folder,
    read_manifest,
    refuse_links,
)
from podium.store.disk.layout import TEMPORARY_MARK, StoreLayout, check_path
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
from podium.store.state.replica import Mark
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
    """A project's documents. Safe to use from several threads; created by `create` or `open`.

    All methods block on the disk; asynchronous callers use a worker thread.
    """

    def __init__(self, parts: Components) -> None:
        self._parts = parts
        self._replica = parts.replica
        self._writer = parts.writer
        self._classifier = parts.classifier
        self._scheduler = CheckpointScheduler(parts)
        self._read_depth = 0
        self._reading_thread: int | None = None

    # -- creating and opening

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
        """Create a store in `folder` (the `.podium` folder itself) and open it.

        An existing store is opened. Takes the same arguments as `open`.

        Raises:
            StorageError: the folder is not writable, or its content is unusable.
        """
        layout = StoreLayout(os.path.abspath(folder))
        with storage_errors("create a store here"):
            make_run_folder(fs, layout)
            refuse_links(fs, layout)
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

        Leftovers of a crash are cleaned up and external edits are committed. If that is impossible
        (a read-only folder, a damaged journal, a newer format, a busy lock), the store still opens
        and shows the files' contents, but writing raises.

        Args:
            folder: the `.podium` folder.
            actor: the author of writes, for the history.
            kinds: the kinds of documents: an external edit is committed only if it is valid for its
                kind, and other files are left alone. If empty, any JSON object is a document.
            fs: the file operations.
            clock: provides the current time.
            lock_seconds: how long a write waits for other writers.
            retention: how much history to keep, and when to run maintenance.

        Raises:
            ProjectNotFound: the store does not exist.
            PathOutsideWorkspace: one of the store's files or folders is a symlink.
            StoreReadOnly: the store's format is too new even for reading.
            StoreCorrupted: `store.json` is unreadable.
            StorageError: the folder is unreadable.
        """
        layout = StoreLayout(os.path.abspath(folder))
        with storage_errors("open the store"):
            read_manifest(fs, layout)
            refuse_links(fs, layout)
            with contextlib.suppress(OSError):  # a read-only folder can still be read
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
        """Update the checkpoint, so that the next start is quick."""
        if self._replica.state.sequence > self._replica.checkpoint_sequence:
            self._scheduler.checkpoint()

    # -- reading

    def get(self, key: Key[V]) -> V | None:
        """Return the committed document, or None if it does not exist.

        Raises:
            StoreCorrupted: its content does not match the key's type, or is lost.
        """
        with self._caught_up():
            return self._replica.value(check_path(key.path), key.type)

    def list(self, folder: Folder[V]) -> dict[str, V]:
        """Return the committed documents in a folder by path, sorted.

        Raises:
            StoreCorrupted: a document does not match the folder's type, or is lost.
        """
        with self._caught_up():
            paths = self._replica.matching(folder.pattern)
            with reusing_folders():
                values = {path: self._replica.value(path, folder.type) for path in paths}
            return {path: value for path, value in values.items() if value is not None}

    def hash_of(self, key: Key[V]) -> str | None:
        """Return a document's content hash for `Transaction.expect`, or None if there is no
        document."""
        with self._caught_up():
            return self._replica.hash_of(check_path(key.path))

    def file_of(self, key: Key[V]) -> str:
        """Return the file that contains a document, relative to the store's folder."""
        with storage_errors("read the store"):
            return self._parts.files.file_of(check_path(key.path))

    def changed_since(self, mark: Mark | None = None) -> tuple[Mark, frozenset[str] | None]:
        """Return which documents changed since a mark, and the mark for the next call.

        Args:
            mark: the mark from an earlier call; None if there was none.

        Returns:
            The new mark, and the paths of the documents; None instead of the paths if any document
            may have changed.
        """
        with self._caught_up():
            return self._replica.changed_since(mark)

    @contextlib.contextmanager
    def consistent_read(self) -> Generator[None, None, None]:
        """Give this thread one consistent state to read during the block.

        Other threads wait for the end of the block: keep it short, and do not write or await in it.
        """
        with self._caught_up():
            yield

    def history(
        self, subject: str | None = None, *, limit: int = 100, since: datetime | None = None
    ) -> Sequence[Recorded]:
        """Return the last events, newest last.

        Args:
            subject: only events about this id and its parts (`p-1` finds `p-1/t1`).
            limit: the maximum number of events.
            since: only events at or after this time; the older part of the journal is not read.
        """
        with storage_errors("read the history"):
            return last_events(self._parts.journal, subject, limit, since)

    def last_changed(self, below: str) -> dict[str, datetime]:
        """Return the time of the last change in each direct subfolder, by its name.

        Folders whose last change is older than the journal are omitted.
        """
        with self._caught_up(), storage_errors("read the history"):
            return last_changes(self._parts.journal, self._replica.state.entries, below)

    def cursor(self) -> Cursor:
        """Return the current end of the change feed."""
        with self._caught_up():
            return Cursor(self._replica.state.sequence)

    def changes(self, cursor: Cursor, *, pause: float = 0.0) -> AsyncIterator[Change]:
        """Yield every transaction after `cursor`, from any process, and wait for more, forever.

        If the journal was removed in between, one change lists all documents.

        Args:
            cursor: the position after the last change that the caller has seen.
            pause: seconds by which changes may be delayed, so that several are delivered together.

        Raises:
            StoreCorrupted: the journal is damaged.
        """
        # Loaded on demand: short commands need neither an event loop nor a file watcher.
        from podium.store.journal.change_feed import ChangeFeed, follow_changes

        feed = ChangeFeed(self._parts.journal, cursor, self._reset_change)
        return follow_changes(feed, self._parts.layout.journal, pause)

    @property
    def problems(self) -> Sequence[Problem]:
        """The files that are unusable or stale, and the torn files that were repaired.

        A store on a network file system also counts as a problem.
        """
        warning = network_warning(self._parts.layout.root)
        medium = [Problem(_WHOLE_FOLDER, warning, None)] if warning else []
        return [*medium, *self._writer.problems.values(), *self._writer.repaired]

    # -- writing

    def transact(self, work: Callable[[Transaction], R]) -> R:
        """Run `work` on the committed state and commit its changes, all or nothing.

        Writers are serialized, so transactions never conflict. Nothing is written if `work` raises
        or changes nothing. `work` should be quick: other writers wait.

        Returns:
            The result of `work`; its changes are durable by then.

        Raises:
            StoreLocked: another writer held the lock for too long.
            StoreReadOnly: the store is not writable.
            StoreCorrupted: the journal is damaged.
            StorageError: the disk is full or fails; the transaction has no effect.
        """
        if self._reading_thread == threading.get_ident():
            raise InternalError("A transaction was started inside a consistent read")
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
        """Commit external edits to all documents; called on file events and periodically.

        Edits that cannot be committed, for instance in a read-only folder, are visible to readers
        but stay uncommitted.

        Returns:
            The documents whose edits were committed.

        Raises:
            StorageError: the journal is unreadable.
        """
        with self._caught_up():
            out_of_sync = self._find_out_of_sync()
        return self._commit_edits(out_of_sync) if out_of_sync else []

    # -- maintenance

    @property
    def maintenance(self) -> "Maintenance":
        """Snapshots, restoring, pruning, migration and verification."""
        # Loaded on demand: short commands do not need it.
        from podium.store.maintenance.maintenance import Maintenance

        return Maintenance(self._caught_up_parts())

    @property
    def recovery(self) -> "Recovery":
        """Diagnoses a damaged store and offers remedies; checks all files first."""
        from podium.store.maintenance.recovery import Recovery

        self.reconcile()
        return Recovery(self._caught_up_parts())

    @property
    def archive(self) -> "Archive":
        """The archive of documents that are no longer in use."""
        from podium.store.maintenance.archive import Archive

        return Archive(self._caught_up_parts())

    def schedule_daily(self, task: Callable[[], None]) -> None:
        """Run `task` after each daily snapshot, in a single process; it must not raise."""
        self._scheduler.daily_task = task

    def on_behalf_of(self, actor: Actor) -> "Store":
        """Return this store with another actor for its writes."""
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
        """Catch up with the journal before a reading block, and keep that state during the
        block."""
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
                storage_errors("commit external changes"),
            ):
                return sorted({*edited, *self._writer.reconcile(out_of_sync)})
        except StorageError:
            self._overlay_edits(out_of_sync)
            return []

    def _overlay_edits(self, out_of_sync: Sequence[str]) -> None:
        """Show readers the edits that cannot be committed at present."""
        for path in out_of_sync:
            if TEMPORARY_MARK in path:  # an unfinished write; the next writer removes it
                continue
            match self._classifier.classify(path):
                case Edited(document, after):
                    raw = None if document is None else json.dumps(document).encode()
                    self._replica.overlay(path, raw, after)
                case Broken(reason):
                    self._writer.problems[path] = Problem(path, reason, None)
                case _:
                    pass

    def _reset_change(self) -> Change:
        with self._caught_up():
            return Change(
                sequence=self._replica.state.sequence,
                at=self._parts.clock.now(),
                actor=EXTERNAL,
                paths=tuple(self._replica.paths()),
                events=(),
            )
