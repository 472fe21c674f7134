"""Wires the parts of one open store."""

import contextlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from podium.model.events import Actor
from podium.platform.owned_files import reusing_folders
from podium.ports.clock import Clock
from podium.ports.filesystem import FileSystem
from podium.store.disk.errors import storage_errors
from podium.store.disk.layout import StoreLayout
from podium.store.documents.files import DocumentFiles
from podium.store.documents.kinds import DocumentKinds
from podium.store.journal.hash_chain import Head
from podium.store.journal.journal import Journal
from podium.store.journal.published import PublishedMark
from podium.store.locking.write_lock import WriteLock
from podium.store.maintenance.retention import RetentionPolicy
from podium.store.state.checkpoint import Checkpoints
from podium.store.state.file_classifier import FileClassifier
from podium.store.state.replica import Replica
from podium.store.state.snapshots import Snapshots
from podium.store.writer import Writer


@dataclass(frozen=True)
class Components:
    """The parts of one open store.

    Args:
        fs: the file operations.
        layout: the paths of the store's files.
        clock: provides the current time.
        actor: the author of writes, for the history.
        kinds: the kinds of documents.
        retention: how much history to keep, and when to run maintenance.
        write_lock: serializes writers.
        journal: the transactions.
        checkpoints: the checkpoint and its index.
        files: the documents' files.
        snapshots: complete states.
        head: the hash of the journal's last line.
        replica: the committed documents.
        classifier: compares the documents' files with the committed content.
        writer: commits transactions.
    """

    fs: FileSystem
    layout: StoreLayout
    clock: Clock
    actor: Actor
    kinds: DocumentKinds
    retention: RetentionPolicy
    write_lock: WriteLock
    journal: Journal
    checkpoints: Checkpoints
    files: DocumentFiles
    snapshots: Snapshots
    head: Head
    replica: Replica
    classifier: FileClassifier
    writer: Writer

    @contextlib.contextmanager
    def writing(self) -> Generator[Sequence[str], None, None]:
        """Hold the write lock during the block, after catching up with the journal.

        Yields the documents whose external edits were committed while catching up.
        """
        with self.write_lock.exclusive(self.kinds.upcasters.versions), reusing_folders():
            with storage_errors("write to the store"):
                edited = self.writer.begin()
            yield edited
            self.writer.mark_published()


def assemble(
    layout: StoreLayout,
    *,
    actor: Actor,
    kinds: DocumentKinds,
    fs: FileSystem,
    clock: Clock,
    lock_seconds: float,
    retention: RetentionPolicy,
) -> Components:
    """Return the wired parts of the store at `layout`."""
    journal = Journal(fs, layout.journal, segment_bytes=retention.segment_bytes)
    checkpoints, files = Checkpoints(fs, layout), DocumentFiles(fs, layout, kinds)
    snapshots, head = Snapshots(fs, layout), Head(fs, layout.head)
    replica = Replica(journal, checkpoints, files, snapshots, kinds.upcasters)
    published = PublishedMark(fs, layout.published)
    classifier = FileClassifier(files, replica, kinds, clock, published)
    return Components(
        fs=fs,
        layout=layout,
        clock=clock,
        actor=actor,
        kinds=kinds,
        retention=retention,
        write_lock=WriteLock(fs, layout, lock_seconds),
        journal=journal,
        checkpoints=checkpoints,
        files=files,
        snapshots=snapshots,
        head=head,
        replica=replica,
        classifier=classifier,
        writer=Writer(journal, checkpoints, files, replica, classifier, clock, head, published),
    )
