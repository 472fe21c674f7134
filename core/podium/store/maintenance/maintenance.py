"""A facade over the maintenance modules; each operation has its own module.

Loaded on demand.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

from podium.store.journal.hash_chain import Anchor
from podium.store.journal.record import Op
from podium.store.journal.verify import ChainReport
from podium.store.maintenance.components import Components
from podium.store.maintenance.migrate import migrate, outdated
from podium.store.maintenance.packing import pack_documents
from podium.store.maintenance.prune import compact
from podium.store.maintenance.restore import differences, documents_at, restore
from podium.store.maintenance.snapshot import (
    RestorePoints,
    is_snapshot_due,
    make_snapshot,
    restore_points,
)
from podium.store.maintenance.verification import verify
from podium.store.state.snapshots import SnapshotName
from podium.store.state.state import Entry


class Maintenance:
    """The maintenance of one store; created by `Store.maintenance`.

    Args:
        parts: the store's parts.
    """

    def __init__(self, parts: Components) -> None:
        self._parts = parts

    def verify(self, trusted_end: Anchor | None = None) -> ChainReport:
        """Verify the journal's hash chain.

        Args:
            trusted_end: the end of the chain as reported by an earlier verification.

        Raises:
            StorageError: the journal is unreadable.
        """
        return verify(self._parts, trusted_end)

    def restore_points(self) -> RestorePoints:
        """Return the states that can be restored.

        Raises:
            StorageError: the folder cannot be listed.
        """
        return restore_points(self._parts)

    def is_snapshot_due(self, after: timedelta) -> bool:
        """Return whether the newest snapshot is older than `after`; False for an empty store."""
        return is_snapshot_due(self._parts, after)

    def snapshot(self, reason: str) -> SnapshotName:
        """Write all current documents into a snapshot.

        Args:
            reason: one word, part of the file's name.

        Raises:
            StorageError: the snapshot cannot be written.
        """
        return make_snapshot(self._parts, reason)

    def pack(self, paths: Collection[str]) -> list[str]:
        """Move documents into their folders' packs; readers see no difference.

        Args:
            paths: documents of finished work; those that cannot be packed are left alone.

        Returns:
            The documents that are in a pack and no longer have a file.

        Raises:
            StorageError: the store is not writable, or a pack is damaged; nothing is lost.
        """
        return pack_documents(self._parts, paths)

    def compact(self) -> None:
        """Rotate the snapshots and remove the journal lines that are no longer needed.

        Raises:
            StorageError: the journal cannot be written.
        """
        compact(self._parts)

    def outdated(self) -> list[str]:
        """Return the documents with older schema versions.

        Raises:
            StorageError: the store is unreadable.
        """
        return outdated(self._parts)

    def migrate(self) -> list[str]:
        """Upgrade the store to the current format and its documents to the current versions.

        A snapshot is made first, then older programs are locked out, then documents are rewritten
        in batches. Repeating an interrupted migration completes it.

        Returns:
            The documents that were rewritten.

        Raises:
            StoreReadOnly: the store was written by a newer program.
            StorageError: the store is not writable; the snapshot is not removed.
        """
        return migrate(self._parts)

    def documents_at(self, sequence: int) -> Mapping[str, Entry]:
        """Return the documents as of a transaction.

        Raises:
            NotFoundError: neither a snapshot nor the journal goes back that far.
            StoreCorrupted: the journal is damaged somewhere before that transaction.
            StorageError: the journal is unreadable.
        """
        return documents_at(self._parts, sequence)

    def differences(self, sequence: int, below: str = "") -> list[Op]:
        """Return the changes that restoring to a transaction would make.

        Args:
            sequence: the transaction.
            below: only documents whose path begins with this.

        Raises:
            NotFoundError: neither a snapshot nor the journal goes back that far.
            StorageError: the journal is unreadable.
        """
        return differences(self._parts, sequence, below)

    def restore(self, sequence: int, below: str = "") -> list[str]:
        """Restore documents to their state after a transaction, as one new transaction.

        The current state stays in the journal, and in a snapshot that is made first.

        Args:
            sequence: the transaction.
            below: only documents whose path begins with this.

        Returns:
            The documents that changed.

        Raises:
            NotFoundError: neither a snapshot nor the journal goes back that far.
            StorageError: the store is not writable.
        """
        return restore(self._parts, sequence, below)
