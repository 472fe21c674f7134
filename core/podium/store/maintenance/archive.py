"""The archive: moves unused documents into compressed files, and back."""

import contextlib
import json
import re
import zlib

from podium.errors import ConflictError, NotFoundError, StoreCorrupted
from podium.model.events import Event, EventKind
from podium.store.disk.durable import sync_folder, write_durably
from podium.store.disk.errors import storage_errors
from podium.store.journal.record import Op
from podium.store.maintenance.components import Components
from podium.store.maintenance.snapshot import snapshot_row
from podium.store.state.snapshots import Snapshot, SnapshotRow, pack, unpack
from podium.words import counted

FOLDER = "run/archive"
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_SUFFIX = ".jsonl.gz"


class Archive:
    """The archived documents; created by `Store.archive`.

    Args:
        parts: the store's parts.
    """

    def __init__(self, parts: Components) -> None:
        self._parts = parts
        self._folder = parts.layout.at(FOLDER)

    def names(self) -> list[str]:
        """Return the names of the archives, sorted."""
        found = self._parts.fs.listdir(self._folder)
        return [name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX)]

    def add(self, name: str, *below: str) -> list[str]:
        """Move documents into the archive; they are durable there before the originals are deleted.

        Args:
            name: the name of the archive.
            below: path prefixes; every document that begins with one of them is archived.

        Returns:
            The archived documents.

        Raises:
            StorageError: the store is not writable; nothing was deleted.
        """
        assert _NAME.fullmatch(name), "names in the archive must be ids"
        parts = self._parts
        with storage_errors("archive the documents"), parts.writing():
            state = parts.replica.state
            found = {p: e for p, e in sorted(state.entries.items()) if p.startswith(below)}
            if not found:
                return []
            rows = tuple(snapshot_row(parts, path, entry) for path, entry in found.items())
            parts.fs.makedirs(self._folder)
            sync_folder(parts.fs, parts.layout.run)
            snapshot = Snapshot(state.sequence, state.digest, state.position, rows)
            write_durably(parts.fs, self._path(name), pack(snapshot))
            ops = [Op(path, entry.hash, None, None) for path, entry in found.items()]
            message = f"moved {counted(len(ops), 'document')} to .podium/{FOLDER}"
            event = Event(kind=EventKind.ARCHIVED, subject=name, message=message)
            parts.writer.commit(parts.actor, ops, [event])
            parts.writer.rewrite_files(list(found))
            return list(found)

    def unarchive(self, name: str) -> list[str]:
        """Move documents out of the archive.

        Returns:
            The documents.

        Raises:
            NotFoundError: no archive has that name.
            ConflictError: one of its documents exists again.
            StoreCorrupted: the archive's file is damaged.
            StorageError: the store is not writable.
        """
        parts = self._parts
        with storage_errors("unarchive the documents"), parts.writing():
            data = parts.fs.read(self._path(name)) if _NAME.fullmatch(name) else None
            if data is None:
                known = ", ".join(self.names()) or "none"
                raise NotFoundError(
                    f"There is no archive called {name!r}", why=f"archives: {known}"
                )
            rows = _rows(name, data)
            if any(parts.replica.state.hash_of(row.path) for row in rows):
                raise ConflictError(f"Documents of {name} already exist")
            ops = [Op(row.path, None, row.index.hash, json.loads(row.raw)) for row in rows]
            event = Event(kind=EventKind.RESTORED, subject=name, message="back from the archive")
            parts.writer.commit(parts.actor, ops, [event])
            parts.writer.rewrite_files([op.path for op in ops])
            with contextlib.suppress(OSError):
                parts.fs.unlink(self._path(name))
            return [op.path for op in ops]

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}{_SUFFIX}"


def _rows(name: str, data: bytes) -> tuple[SnapshotRow, ...]:
    try:
        return unpack(data).rows
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise StoreCorrupted(
            f"The archive {name} is unreadable",
            why=f"the file .podium/{FOLDER}/{name}{_SUFFIX} is damaged",
            hints=[
                "podium snapshots lists what can be restored from before it was archived",
                "restore the file from a backup of the .podium folder",
            ],
        ) from error
