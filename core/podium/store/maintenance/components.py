"""The parts of one open store, wired together once; must not know what documents mean."""

import contextlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from podium.model.events import Actor
from podium.ports.clock import Clock
from podium.ports.filesystem import FileSystem
from podium.store.disk.errors import storage_errors
from podium.store.disk.folder import check_may_write
from podium.store.disk.layout import Places
from podium.store.documents.files import Files
from podium.store.documents.kinds import Shapes
from podium.store.journal.hash_chain import Head
from podium.store.journal.journal import Journal
from podium.store.locking.write_lock import Turns
from podium.store.maintenance.retention import Bounds
from podium.store.state.checkpoint import Checkpoints
from podium.store.state.file_classifier import Examiner
from podium.store.state.replica import Replica
from podium.store.state.snapshots import Snapshots
from podium.store.writer import Writer


@dataclass(frozen=True)
class Components:
    """The parts of one open store.

    Args:
        fs: the file operations.
        places: the paths of the store's files.
        clock: the time.
        actor: who writes, for the history.
        shapes: the kinds of documents.
        bounds: how much is kept, and when maintenance is due.
        turns: the writers' lock.
        journal: the transactions.
        checkpoints: the mark of what is durable, and its index.
        files: the documents' files.
        snapshots: whole states.
        head: the hash of the journal's last line.
        replica: the committed documents.
        examiner: judges the documents' files.
        writer: commits transactions.
    """

    fs: FileSystem
    places: Places
    clock: Clock
    actor: Actor
    shapes: Shapes
    bounds: Bounds
    turns: Turns
    journal: Journal
    checkpoints: Checkpoints
    files: Files
    snapshots: Snapshots
    head: Head
    replica: Replica
    examiner: Examiner
    writer: Writer

    @contextlib.contextmanager
    def writing(self) -> Generator[Sequence[str], None, None]:
        """Hold the writers' lock for the length of a block, after catching up with the journal.

        Yields the documents whose outside edits were committed while catching up.
        """
        with self.turns.alone():
            with storage_errors("write to the store"):
                check_may_write(self.fs, self.places, self.shapes.schemas.versions)
                adopted = self.writer.begin()
            yield adopted


def assemble(
    places: Places,
    *,
    actor: Actor,
    shapes: Shapes,
    fs: FileSystem,
    clock: Clock,
    lock_seconds: float,
    bounds: Bounds,
) -> Components:
    """Return the wired parts of the store at `places`."""
    journal = Journal(fs, places.journal, segment_bytes=bounds.segment_bytes)
    checkpoints, files = Checkpoints(fs, places), Files(fs, places)
    snapshots, head = Snapshots(fs, places), Head(fs, places.head)
    replica = Replica(journal, checkpoints, files, snapshots, shapes.schemas)
    examiner = Examiner(files, replica, shapes, clock)
    return Components(
        fs=fs,
        places=places,
        clock=clock,
        actor=actor,
        shapes=shapes,
        bounds=bounds,
        turns=Turns(fs, places, lock_seconds),
        journal=journal,
        checkpoints=checkpoints,
        files=files,
        snapshots=snapshots,
        head=head,
        replica=replica,
        examiner=examiner,
        writer=Writer(journal, checkpoints, files, replica, examiner, clock, head),
    )
