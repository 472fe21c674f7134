"""Moves documents of ended work into packs; see `podium.store.documents.packs`."""

import json
from collections.abc import Collection, Mapping

from podium.model.base import canonical_text
from podium.model.events import Event, EventKind
from podium.store.disk.errors import storage_errors
from podium.store.documents.files import ObservedFile, Signature
from podium.store.documents.packs import DamagedPack
from podium.store.maintenance.components import Components


def pack_documents(parts: Components, paths: Collection[str]) -> list[str]:
    """Move documents into their packs; see `Maintenance.pack`.

    Each pack is written in its own transaction, so that other writers do not wait long.
    """
    folders: dict[str, list[str]] = {}
    for path in sorted(paths):
        folder = parts.kinds.pack_folder(path)
        if folder is not None:
            folders.setdefault(folder, []).append(path)
    return [path for each in folders.values() for path in _pack_folder(parts, each)]


def _pack_folder(parts: Components, paths: Collection[str]) -> list[str]:
    """Move documents into their folder's pack.

    They are durable in the pack before their files are removed. A crash in between leaves both,
    with the same content.
    """
    with storage_errors("pack documents"), parts.writing():
        files = _files_in_sync(parts, paths)
        texts = {path: _text(parts, path) for path in files}
        packed = _pack(parts, texts)
        if not packed:
            return []
        message = f"{len(packed)} documents of ended work share files now"
        event = Event(kind=EventKind.PACKED, subject="store", message=message)
        parts.writer.commit(parts.actor, [], [event])
        return _without_files(parts, {path: files[path] for path in packed})


def repair_pack(parts: Components, pack: str) -> None:
    """Write the documents in a damaged pack to files, with their last saved content.

    The caller holds the write lock. A copy of the pack is quarantined.

    Raises:
        StoreCorrupted: a document's content cannot be found; nothing is changed.
        OSError: a file cannot be written.
    """
    paths = _documents_without_files(parts, pack)
    for path in paths:
        parts.replica.committed_raw(path)
    message = f"{pack} was damaged; its {len(paths)} documents have files again"
    event = Event(kind=EventKind.RESTORED, subject=pack, message=message)
    parts.writer.commit(parts.actor, [], [event])
    parts.writer.rewrite_files(paths)
    parts.files.sync(paths)
    _remove_if_unused(parts, pack)


def _pack(parts: Components, texts: Mapping[str, bytes]) -> list[str]:
    """Add texts to their packs; a damaged pack that no document needs is removed first."""
    try:
        return parts.files.pack(texts)
    except DamagedPack as damage:
        if not _remove_if_unused(parts, damage.pack):
            raise
        return parts.files.pack(texts)


def _remove_if_unused(parts: Components, pack: str) -> bool:
    if _documents_without_files(parts, pack):
        return False
    parts.files.remove_pack(pack)
    return True


def _documents_without_files(parts: Components, pack: str) -> list[str]:
    """Return the documents that a damaged pack must contain."""
    paths = sorted(parts.replica.state.entries)
    return [path for path in paths if parts.files.damaged_pack(path) == pack]


def _files_in_sync(parts: Components, paths: Collection[str]) -> Mapping[str, Signature]:
    """Return the signatures of the files that have the committed content."""
    parts.writer.reconcile(paths)
    state = parts.replica.state
    found: dict[str, Signature] = {}
    for path in paths:
        observed = state.observed_files.get(path)
        is_problem = path in parts.writer.problems or state.hash_of(path) is None
        if is_problem or observed is None or observed.signature is None:
            continue
        if not parts.files.is_packed(path):
            found[path] = observed.signature
    return found


def _text(parts: Components, path: str) -> bytes:
    raw = parts.replica.content_of(path, parts.replica.state.entries[path])
    return canonical_text(json.loads(raw)).encode()


def _without_files(parts: Components, packed: Mapping[str, Signature]) -> list[str]:
    removed = [path for path, seen in packed.items() if parts.files.remove_packed(path, seen)]
    for path in removed:
        observed = ObservedFile(parts.files.signature(path), settled=True)
        parts.replica.state.observed_files[path] = observed
    return removed
