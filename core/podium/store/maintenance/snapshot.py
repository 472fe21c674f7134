"""Makes snapshots and lists the restore points."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from podium.errors import StorageError
from podium.store.disk.errors import storage_errors
from podium.store.journal.journal import Position
from podium.store.maintenance.components import Components
from podium.store.state.checkpoint import IndexRow
from podium.store.state.snapshots import Snapshot, SnapshotName, SnapshotRow
from podium.store.state.state import Entry, State


@dataclass(frozen=True)
class RestorePoints:
    """The states that can be restored.

    Args:
        snapshots: complete states, newest first.
        first: the first transaction to which the journal can be replayed; 0 for the beginning.
        last: the current transaction.
    """

    snapshots: tuple[SnapshotName, ...]
    first: int
    last: int


@dataclass(frozen=True)
class FrozenState:
    """A copy of a state, independent of later commits."""

    sequence: int
    digest: str
    position: Position
    entries: Mapping[str, Entry]


def freeze(state: State) -> FrozenState:
    """Return a copy of a state; it can be shallow, because entries are replaced, never changed."""
    return FrozenState(state.sequence, state.digest, state.position, dict(state.entries))


def restore_points(parts: Components) -> RestorePoints:
    """Return the states that can be restored; see `Maintenance.restore_points`."""
    with storage_errors("list the snapshots"):
        names = tuple(parts.snapshots.names())
        _, before = parts.journal.beginning()
        reachable = [name.sequence for name in names if name.sequence >= before]
        last = parts.replica.state.sequence
        first = min(reachable, default=last) if before else 0
        return RestorePoints(names, first, last)


def is_snapshot_due(parts: Components, after: timedelta) -> bool:
    """Return whether the newest snapshot is too old; False for an empty store."""
    if not parts.replica.state.entries:
        return False
    names = parts.snapshots.names()
    return not names or abs(parts.clock.now() - names[0].at) >= after


def make_snapshot(parts: Components, reason: str) -> SnapshotName:
    """Write all documents into a snapshot; see `Maintenance.snapshot`."""
    with storage_errors("make a snapshot"):
        with parts.writing():
            state = parts.replica.state
            durable = parts.replica.checkpoint_sequence == state.sequence
            if not durable and not parts.writer.checkpoint():
                raise files_behind()
            found = freeze(state)
        return write_snapshot(parts, reason, found)


def write_snapshot(parts: Components, reason: str, found: FrozenState) -> SnapshotName:
    """Write a state into a snapshot.

    Raises:
        OSError: the snapshot is not written.
    """
    name = SnapshotName(found.sequence, parts.clock.now(), reason)
    rows = tuple(snapshot_row(parts, path, entry) for path, entry in sorted(found.entries.items()))
    parts.snapshots.write(name, Snapshot(found.sequence, found.digest, found.position, rows))
    return name


def snapshot_row(parts: Components, path: str, entry: Entry) -> SnapshotRow:
    """Return an entry together with its content.

    Raises:
        StoreCorrupted: its content cannot be found.
    """
    assert entry.position is not None  # every entry in the state comes from the journal
    index = IndexRow(entry.hash, entry.sequence, entry.position, None)
    return SnapshotRow(path, index, parts.replica.content_of(path, entry))


def files_behind() -> StorageError:
    """Return the error for a snapshot that cannot be made because of stale files."""
    return StorageError(
        "A snapshot cannot be made now",
        why="some files could not be updated",
        hints=["podium doctor shows which", "free some space and repeat the command"],
    )
