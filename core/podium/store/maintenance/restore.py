"""Restores the state after an earlier transaction."""

import json
from collections.abc import Mapping

from podium.errors import NotFoundError
from podium.model.events import Event, EventKind
from podium.store.disk.errors import storage_errors
from podium.store.journal.journal import Position
from podium.store.journal.record import Op
from podium.store.maintenance.components import Components
from podium.store.maintenance.snapshot import make_snapshot, restore_points
from podium.store.state.state import Entry, State, state_from_snapshot
from podium.words import counted


def documents_at(parts: Components, sequence: int) -> Mapping[str, Entry]:
    """Return the documents as of a transaction; see `Maintenance.documents_at`."""
    with storage_errors("read the journal"):
        state = _base_for(parts, sequence)
        if state.sequence < sequence:
            for located in parts.journal.follow(state.position, state.sequence):
                state.apply(located)
                if state.sequence == sequence:
                    break
        if state.sequence != sequence:
            raise _unreachable(parts, sequence)
        return state.entries


def differences(parts: Components, sequence: int, below: str) -> list[Op]:
    """Return the changes that restoring would make; see `Maintenance.differences`."""
    then = documents_at(parts, sequence)
    now = parts.replica.state.entries
    ops: list[Op] = []
    for path in sorted({*then, *now}):
        before, after = now.get(path), then.get(path)
        if path.startswith(below) and _hash(before) != _hash(after):
            document = None
            if after is not None:
                document = json.loads(parts.replica.content_of(path, after))
            ops.append(Op(path, _hash(before), _hash(after), document))
    return ops


def restore(parts: Components, sequence: int, below: str) -> list[str]:
    """Restore the documents as of a transaction; see `Maintenance.restore`."""
    documents_at(parts, sequence)
    make_snapshot(parts, "before-restore")
    with storage_errors("restore the documents"), parts.writing():
        parts.writer.reconcile(list(parts.replica.state.entries))
        ops = differences(parts, sequence, below)
        if not ops:
            return []
        event = Event(
            kind=EventKind.RESTORED,
            subject="store",
            message=f"restored {counted(len(ops), 'document')} to transaction {sequence}",
            data={"sequence": sequence, "below": below},
        )
        parts.writer.commit(parts.actor, ops, [event])
        parts.writer.rewrite_files([op.path for op in ops])
        return [op.path for op in ops]


def _base_for(parts: Components, sequence: int) -> State:
    """Return a state at or before a transaction, from which the journal can be replayed."""
    _, before = parts.journal.beginning()
    failure: OSError | None = None
    for name in parts.snapshots.names():
        if name.sequence > sequence or (name.sequence < before and name.sequence != sequence):
            continue
        try:
            found = parts.snapshots.read_or_raise(name)
        except OSError as error:
            failure = error
            continue
        if found is not None:
            return state_from_snapshot(found)
    if before == 0:
        return State(Position(1, 0), 0)
    raise failure or _unreachable(parts, sequence)


def _unreachable(parts: Components, sequence: int) -> NotFoundError:
    points = restore_points(parts)
    kept = ", ".join(str(name.sequence) for name in points.snapshots) or "none"
    return NotFoundError(
        f"The store cannot be restored to transaction {sequence}",
        why=f"the journal reaches from {points.first} to {points.last}; snapshots: {kept}",
        hints=["podium snapshots lists what can be restored"],
    )


def _hash(entry: Entry | None) -> str | None:
    return None if entry is None else entry.hash
