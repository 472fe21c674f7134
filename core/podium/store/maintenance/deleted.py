"""Finds the last content of deleted documents, and restores them."""

import contextlib
import json
from collections.abc import Collection
from dataclasses import dataclass

from podium.errors import NotFoundError, WriteConflict
from podium.model.base import canonical_text
from podium.model.events import Event, EventKind
from podium.store.disk.errors import storage_errors
from podium.store.documents.parsing import parse_document
from podium.store.journal.record import InvalidLine, JsonObject, Op, Record, decode_record
from podium.store.maintenance.components import Components


@dataclass(frozen=True)
class Deleted:
    """A deleted document.

    Args:
        outside: whether it was deleted outside Podium, as far as the journal knows.
        document: its last content; None if no copy of it exists.
        sequence: the last transaction with the document, if the journal still contains it.
    """

    outside: bool = False
    document: JsonObject | None = None
    sequence: int | None = None


def find_deleted(parts: Components, paths: Collection[str]) -> dict[str, Deleted]:
    """Return what is known about documents that do not exist, by path.

    Raises:
        StorageError: the journal is unreadable.
    """
    with storage_errors("search the journal"):
        found = _in_journal(parts, paths)
        for path in (each for each in paths if found[each].document is None):
            found[path] = _in_snapshots(parts, path, found[path])
        return found


def bring_back(parts: Components, path: str) -> None:
    """Write the last content of a deleted document again, as a new transaction.

    Raises:
        NotFoundError: no copy of it exists.
        WriteConflict: the document exists again.
        StorageError: the store is not writable.
    """
    document = find_deleted(parts, [path])[path].document
    if document is None:
        raise NotFoundError(
            f"No copy of {path} exists",
            why="neither the journal nor a snapshot contains it",
            hints=[f"git log --all -- .podium/{path}"],
        )
    with storage_errors("restore the document"), parts.writing():
        if parts.replica.state.hash_of(path) is not None:
            raise WriteConflict(f"{path} exists again", hints=["podium recover"])
        document, found = parse_document(canonical_text(document).encode())
        event = Event(kind=EventKind.RESTORED, subject=path, message="restored after its deletion")
        parts.writer.commit(parts.actor, [Op(path, None, found, document)], [event])
        parts.writer.rewrite_files([path])


def _in_journal(parts: Components, paths: Collection[str]) -> dict[str, Deleted]:
    found: dict[str, Deleted] = {path: Deleted() for path in paths}
    wanted = set(paths)
    seen: set[str] = set()
    for line in parts.journal.lines_newest_first():
        if not wanted:
            break
        if any(each.encode() in line for each in wanted):
            with contextlib.suppress(InvalidLine):
                record = decode_record(line)
                for op in record.ops:
                    if op.path in wanted:
                        found[op.path] = _earlier(found[op.path], record, op, op.path in seen)
                        seen.add(op.path)
                wanted = {each for each in wanted if found[each].document is None}
    return found


def _earlier(later: Deleted, record: Record, op: Op, is_seen: bool) -> Deleted:
    """Update what is known about a document with an older change."""
    if op.after is None:
        outside = record.actor.get("kind") == "external"
        return later if is_seen else Deleted(outside, None, record.sequence - 1)
    return Deleted(later.outside, op.document, later.sequence if is_seen else record.sequence)


def _in_snapshots(parts: Components, path: str, known: Deleted) -> Deleted:
    for snapshot in parts.snapshots.newest_first():
        for row in snapshot.rows:
            if row.path == path:
                sequence = known.sequence or snapshot.sequence
                return Deleted(known.outside, json.loads(row.raw), sequence)
    return known
