"""What keeps a store in health beside its daily work: snapshots, pruning, going back, the audit.

Loaded only when it is needed. Must not know what documents mean.
"""

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from podium.errors import NotFoundError, StorageError
from podium.model.base import content_hash
from podium.model.events import Actor, Event, EventKind
from podium.ports.clock import Clock
from podium.ports.filesystem import FileSystem
from podium.store.audit import Audit, audit
from podium.store.bounds import Bounds
from podium.store.chain import Anchor, Head
from podium.store.checkpoint import Checkpoints, IndexRow
from podium.store.durable import sync_folder
from podium.store.failures import storage_errors
from podium.store.files import Files
from podium.store.folder import read_manifest, write_manifest
from podium.store.journal import Journal, Position, segment_name
from podium.store.kinds import Shapes
from podium.store.layout import Places, raised_manifest
from podium.store.records import JsonObject, Op
from podium.store.replica import Replica
from podium.store.snapshots import Snapshot, SnapshotName, SnapshotRow, Snapshots
from podium.store.state import Entry, State, state_of_snapshot
from podium.store.writer import Writer

_MIGRATED_AT_ONCE = 200
Writing = Callable[[], contextlib.AbstractContextManager[Sequence[str]]]


@dataclass(frozen=True)
class Parts:
    """What a store is made of.

    Args:
        writing: holds the writers' lock, caught up, for the length of a block.
        alone: holds the writers' lock only: what is damaged cannot be caught up with.
        bounds: how much of the journal is kept.
    """

    fs: FileSystem
    places: Places
    journal: Journal
    checkpoints: Checkpoints
    files: Files
    replica: Replica
    writer: Writer
    snapshots: Snapshots
    head: Head
    clock: Clock
    actor: Actor
    shapes: Shapes
    writing: Writing
    alone: Callable[[], contextlib.AbstractContextManager[None]]
    bounds: Bounds


@dataclass(frozen=True)
class RestorePoint:
    """Moments that the store can go back to.

    Args:
        snapshots: whole states, newest first.
        first: the first transaction that the journal can still play back to; 0 for the beginning.
        last: the present one.
    """

    snapshots: tuple[SnapshotName, ...]
    first: int
    last: int


class Upkeep:
    """The care of one store; made by `Store.upkeep`.

    Args:
        parts: the store's parts.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    # -- the audit

    def audit(self, kept_elsewhere: Anchor | None = None) -> Audit:
        """Check the journal's chain of hashes.

        Args:
            kept_elsewhere: the end of the chain as an earlier audit told it.

        Raises:
            StorageError: the journal cannot be read.
        """
        parts = self._parts
        with storage_errors("read the journal"):
            anchors: dict[str, Anchor] = {}
            if (head := parts.head.read()) is not None:
                anchors["run/head"] = head
            mark = parts.checkpoints.mark()
            if mark and mark.digest:
                anchors["the checkpoint"] = Anchor(mark.sequence, mark.digest)
            for each in parts.snapshots.newest_first():
                name = f"the snapshot of {each.sequence}"
                anchors[name] = Anchor(each.sequence, each.digest)
            if kept_elsewhere is not None:
                anchors["the one kept elsewhere"] = kept_elsewhere
            return audit(parts.journal, anchors)

    # -- snapshots

    def points(self) -> RestorePoint:
        """Return the moments that the store can go back to.

        Raises:
            StorageError: the folder cannot be listed.
        """
        with storage_errors("list the snapshots"):
            names = tuple(self._parts.snapshots.names())
            _, before = self._parts.journal.beginning()
            reachable = [name.sequence for name in names if name.sequence >= before]
            last = self._parts.replica.state.sequence
            first = min(reachable, default=last) if before else 0
            return RestorePoint(names, first, last)

    def is_due(self, after: timedelta) -> bool:
        """Tell whether the newest snapshot is too old; an empty store needs none."""
        if not self._parts.replica.state.entries:
            return False
        names = self._parts.snapshots.names()
        return not names or abs(self._parts.clock.now() - names[0].at) >= after

    def snapshot(self, reason: str) -> SnapshotName:
        """Keep all documents as they are now.

        Args:
            reason: one word, part of the file's name.

        Raises:
            StorageError: they cannot be kept.
        """
        parts = self._parts
        with storage_errors("make a snapshot"):
            with parts.writing():
                state = parts.replica.state
                durable = parts.replica.marked == state.sequence
                if not durable and not parts.writer.checkpoint():
                    raise _lagging()
                found = _frozen(state)
            return self._keep(reason, found)

    def _keep(self, reason: str, found: "_Frozen") -> SnapshotName:
        name = SnapshotName(found.sequence, self._parts.clock.now(), reason)
        entries = sorted(found.entries.items())
        rows = tuple(snapshot_row(self._parts, path, entry) for path, entry in entries)
        whole = Snapshot(found.sequence, found.digest, found.position, rows)
        self._parts.snapshots.write(name, whole)
        return name

    def tidy(self) -> None:
        """Rotate the snapshots and remove what the journal need not keep any longer.

        Raises:
            StorageError: the journal cannot be written.
        """
        parts = self._parts
        with storage_errors("prune the journal"):
            parts.snapshots.rotate()
            with parts.writing():
                self._prune()

    def _prune(self) -> None:
        """Remove segments, oldest first, each durably: what is left has no hole."""
        parts = self._parts
        removable = self._removable()
        if not removable:
            return
        first_kept = next(each for each in parts.journal.segments() if each > removable[-1])
        through = first_kept - 1
        digest = parts.journal.digest_at_end(removable[-1])
        event = Event(
            kind=EventKind.JOURNAL_PRUNED,
            subject="journal",
            message=f"records up to {through} are in a snapshot",
            data={"through": through, "digest": digest},
        )
        parts.writer.commit(parts.actor, [], [event])
        for segment in removable:
            parts.fs.unlink(f"{parts.places.journal}/{segment_name(segment)}")
            sync_folder(parts.fs, parts.places.journal)

    def _removable(self) -> list[int]:
        """Return the segments that hold only what the oldest needed snapshot covers."""
        parts = self._parts
        mark = parts.checkpoints.mark()
        # A disk that fails to read a snapshot now does not make what it covers superfluous.
        found = map(parts.snapshots.needed, parts.snapshots.names())
        readable = [each.sequence for each in found if each is not None]
        if mark is None or not readable:
            return []
        segments = parts.journal.segments()
        horizon = min(mark.sequence, self._horizon(sorted(readable), segments))
        return [first for first, after in pairwise(segments) if after - 1 <= horizon]

    def _horizon(self, covered: Sequence[int], segments: Sequence[int]) -> int:
        """Return up to which transaction the journal may go: by age, and earlier by size."""
        age = self._parts.bounds.journal_age
        wanted = covered[0] if age is None else min(self._aged(age, segments), covered[-1])
        return max(wanted, self._beyond_size(covered, segments))

    def _aged(self, age: timedelta, segments: Sequence[int]) -> int:
        """Return the last transaction of the segments that hold nothing younger than `age`."""
        limit = self._parts.clock.now() - age
        last = 0
        for following in segments[1:]:
            begun = self._parts.journal.moment_at(Position(following, 0), following)
            if begun is None or begun > limit:
                break
            last = following - 1
        return last

    def _beyond_size(self, covered: Sequence[int], segments: Sequence[int]) -> int:
        """Return the oldest snapshot from which on the journal is small enough; 0 when all is."""
        limit = self._parts.bounds.journal_bytes
        sizes = {first: self._parts.journal.size(first) for first in segments}
        for sequence in (0, *covered):
            begun = max((first for first in segments if first <= sequence + 1), default=0)
            if sum(size for first, size in sizes.items() if first >= begun) <= limit:
                return sequence
        return covered[-1]

    # -- versions

    def former(self) -> list[str]:
        """Return the documents that are of a former version.

        Raises:
            StorageError: the store cannot be read.
        """
        parts = self._parts
        with storage_errors("read the documents"):
            versions = read_manifest(parts.fs, parts.places).schemas
            if versions == {**versions, **parts.shapes.schemas.versions}:
                return []
            documents = parts.replica.state.entries.items()
            return [path for path, entry in documents if self._raised(path, entry) is not None]

    def migrate(self) -> list[str]:
        """Bring the store to the present format and its documents to the present versions.

        A snapshot comes first, then other programs are kept out, then the documents follow in
        batches; when it is interrupted, doing it again finishes it.

        Returns:
            The documents that were rewritten.

        Raises:
            StoreReadOnly: a newer program made the store.
            StorageError: the store cannot be written; the snapshot is kept.
        """
        parts = self._parts
        versions = parts.shapes.schemas.versions
        with storage_errors("migrate the store"):
            manifest = read_manifest(parts.fs, parts.places)
            raised = raised_manifest(manifest, versions)
            if raised == manifest:
                return []
            with parts.alone():
                parts.writer.begin()
                if not parts.writer.checkpoint():
                    raise _lagging()
                self._keep("before-migration", _frozen(parts.replica.state))
                closed = raised.model_copy(update={"schemas": manifest.schemas})
                write_manifest(parts.fs, parts.places, closed)
                changed = self._rewrite()
                write_manifest(parts.fs, parts.places, raised)
                message = f"from format {manifest.format} to {raised.format}"
                event = Event(kind=EventKind.MIGRATED, subject="store", message=message)
                parts.writer.commit(parts.actor, [], [event])
                return changed

    def _rewrite(self) -> list[str]:
        """Raise the documents of former versions, one transaction a batch."""
        parts = self._parts
        ops: list[Op] = []
        for path, entry in list(parts.replica.state.entries.items()):
            if (document := self._raised(path, entry)) is not None:
                ops.append(Op(path, entry.hash, content_hash(document), document))
        for start in range(0, len(ops), _MIGRATED_AT_ONCE):
            batch = ops[start : start + _MIGRATED_AT_ONCE]
            parts.writer.commit(parts.actor, batch, [])
            parts.writer.settle_committed([op.path for op in batch])
        return [op.path for op in ops]

    def _raised(self, path: str, entry: Entry) -> JsonObject | None:
        """Return a document of a former version as of the present one; None for any other."""
        schemas = self._parts.shapes.schemas
        raw = self._parts.replica.content_of(path, entry)
        if not schemas.is_former(path, json.loads(raw)):
            return None
        return schemas.stamped(path, json.loads(schemas.current(path, raw)))

    # -- going back

    def documents_at(self, sequence: int) -> Mapping[str, Entry]:
        """Return the documents as they were behind a transaction.

        Raises:
            NotFoundError: neither a snapshot nor the journal reaches it.
            StoreCorrupted: the journal is damaged before it.
            StorageError: the journal cannot be read.
        """
        parts = self._parts
        with storage_errors("read the journal"):
            state = self._base_for(sequence)
            if state.sequence < sequence:
                for located in parts.journal.follow(state.position, state.sequence):
                    state.apply(located)
                    if state.sequence == sequence:
                        break
            if state.sequence != sequence:
                raise self._unreachable(sequence)
            return state.entries

    def _base_for(self, sequence: int) -> State:
        parts = self._parts
        _, before = parts.journal.beginning()
        failure: OSError | None = None
        for name in parts.snapshots.names():
            if name.sequence > sequence or (name.sequence < before and name.sequence != sequence):
                continue
            try:
                found = parts.snapshots.needed(name)
            except OSError as error:
                failure = error
                continue
            if found is not None:
                return state_of_snapshot(found)
        if before == 0:
            return State(Position(1, 0), 0)
        raise failure or self._unreachable(sequence)

    def _unreachable(self, sequence: int) -> NotFoundError:
        points = self.points()
        kept = ", ".join(str(name.sequence) for name in points.snapshots) or "none"
        return NotFoundError(
            f"The store cannot go back to transaction {sequence}",
            why=f"the journal reaches from {points.first} to {points.last}; snapshots: {kept}",
            hints=["podium snapshots lists what can be restored"],
        )

    def differences(self, sequence: int, below: str = "") -> list[Op]:
        """Return what going back to a transaction would change, as compared to now.

        Args:
            sequence: the transaction.
            below: only documents whose path begins so.

        Raises:
            NotFoundError: neither a snapshot nor the journal reaches it.
            StorageError: the journal cannot be read.
        """
        then = self.documents_at(sequence)
        now = self._parts.replica.state.entries
        ops: list[Op] = []
        for path in sorted({*then, *now}):
            before, after = now.get(path), then.get(path)
            if path.startswith(below) and _hash(before) != _hash(after):
                document = None
                if after is not None:
                    document = json.loads(self._parts.replica.content_of(path, after))
                ops.append(Op(path, _hash(before), _hash(after), document))
        return ops

    def restore(self, sequence: int, below: str = "") -> list[str]:
        """Bring documents back to what they were behind a transaction, as one new transaction.

        What they are now stays in the journal and in a snapshot that is made first.

        Args:
            sequence: the transaction.
            below: only documents whose path begins so.

        Returns:
            The documents that changed.

        Raises:
            NotFoundError: neither a snapshot nor the journal reaches it.
            StorageError: the store cannot be written.
        """
        parts = self._parts
        self.documents_at(sequence)
        self.snapshot("before-restore")
        with storage_errors("restore the documents"), parts.writing():
            parts.writer.settle(list(parts.replica.state.entries))
            ops = self.differences(sequence, below)
            if not ops:
                return []
            event = Event(
                kind=EventKind.RESTORED,
                subject="store",
                message=f"{len(ops)} documents went back to transaction {sequence}",
                data={"sequence": sequence, "below": below},
            )
            parts.writer.commit(parts.actor, ops, [event])
            parts.writer.settle_committed([op.path for op in ops])
            return [op.path for op in ops]


def snapshot_row(parts: Parts, path: str, entry: Entry) -> SnapshotRow:
    """Return an entry with its content.

    Raises:
        StoreCorrupted: its content cannot be found.
    """
    assert entry.position is not None  # an entry of the state is a fold over the journal
    index = IndexRow(entry.hash, entry.sequence, entry.position, None)
    return SnapshotRow(path, index, parts.replica.content_of(path, entry))


@dataclass(frozen=True)
class _Frozen:
    sequence: int
    digest: str
    position: Position
    entries: Mapping[str, Entry]


def _frozen(state: State) -> _Frozen:
    """Return what does not change when others write on: entries are replaced, never changed."""
    return _Frozen(state.sequence, state.digest, state.position, dict(state.entries))


def _hash(entry: Entry | None) -> str | None:
    return None if entry is None else entry.hash


def _lagging() -> StorageError:
    return StorageError(
        "A snapshot cannot be made now",
        why="some files could not be brought up to date",
        hints=["podium doctor shows which", "free some space and repeat the command"],
    )
