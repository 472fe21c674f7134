"""Migrates a store to the current format and its documents to the current schema versions."""

import json

from podium.model.base import content_hash
from podium.model.events import Event, EventKind
from podium.store.disk.errors import storage_errors
from podium.store.disk.folder import read_manifest, write_manifest
from podium.store.disk.layout import upgraded_manifest
from podium.store.journal.record import JsonObject, Op
from podium.store.maintenance.components import Components
from podium.store.maintenance.snapshot import files_behind, freeze, write_snapshot
from podium.store.state.state import Entry

_BATCH = 200


def outdated(parts: Components) -> list[str]:
    """Return the documents with older versions; see `Maintenance.outdated`."""
    with storage_errors("read the documents"):
        versions = read_manifest(parts.fs, parts.layout).schemas
        if versions == {**versions, **parts.kinds.upcasters.versions}:
            return []
        documents = parts.replica.state.entries.items()
        return [path for path, entry in documents if _upgraded(parts, path, entry) is not None]


def migrate(parts: Components) -> list[str]:
    """Upgrade the store and its documents to the current versions; see `Maintenance.migrate`."""
    versions = parts.kinds.upcasters.versions
    with storage_errors("migrate the store"):
        manifest = read_manifest(parts.fs, parts.layout)
        upgraded = upgraded_manifest(manifest, versions)
        if upgraded == manifest:
            return []
        with parts.write_lock.exclusive():
            parts.writer.begin()
            if not parts.writer.checkpoint():
                raise files_behind()
            write_snapshot(parts, "before-migration", freeze(parts.replica.state))
            closed = upgraded.model_copy(update={"schemas": manifest.schemas})
            write_manifest(parts.fs, parts.layout, closed)
            changed = _rewrite(parts)
            write_manifest(parts.fs, parts.layout, upgraded)
            message = f"from format {manifest.format} to {upgraded.format}"
            event = Event(kind=EventKind.MIGRATED, subject="store", message=message)
            parts.writer.commit(parts.actor, [], [event])
            return changed


def _rewrite(parts: Components) -> list[str]:
    """Rewrite the outdated documents, one transaction per batch."""
    ops: list[Op] = []
    for path, entry in list(parts.replica.state.entries.items()):
        if (document := _upgraded(parts, path, entry)) is not None:
            ops.append(Op(path, entry.hash, content_hash(document), document))
    for start in range(0, len(ops), _BATCH):
        batch = ops[start : start + _BATCH]
        parts.writer.commit(parts.actor, batch, [])
        parts.writer.rewrite_files([op.path for op in batch])
    return [op.path for op in ops]


def _upgraded(parts: Components, path: str, entry: Entry) -> JsonObject | None:
    """Return an outdated document in the current version; None if it is current."""
    upcasters = parts.kinds.upcasters
    raw = parts.replica.content_of(path, entry)
    if not upcasters.is_outdated(path, json.loads(raw)):
        return None
    return upcasters.with_version(path, json.loads(upcasters.upcast(path, raw)))
