"""One process's view of the committed documents: a fold over the journal, without files or
locks."""

import itertools
import json
from dataclasses import dataclass, field

from podium.model.base import Frozen
from podium.store.documents.files import ObservedFile
from podium.store.journal.hash_chain import Anchor
from podium.store.journal.journal import LocatedRecord, Position
from podium.store.journal.published import Published
from podium.store.state.checkpoint import IndexRow
from podium.store.state.path_index import PathIndex
from podium.store.state.snapshots import Snapshot


@dataclass(slots=True)
class Entry:
    """One committed document.

    Args:
        hash: the content hash.
        sequence: the transaction that wrote it.
        position: the position of that transaction; None for content that is only in a file.
        raw: its JSON text, not necessarily canonical; None until needed.
        value: the value that `raw` was last parsed into.
    """

    hash: str
    sequence: int
    position: Position | None
    raw: bytes | None = None
    value: Frozen | None = None


@dataclass
class State:
    """The committed documents up to one transaction.

    Args:
        position: the position of the next record.
        sequence: the last transaction.
        entries: the documents by path.
        superseded: by path, each content hash that was replaced since the checkpoint (None: no
            document) and the transaction that replaced it. A crash may have left such content in
            the file.
        observed_files: by path, the file as it was when last known to be in sync.
        latest: the documents in the last transaction; its writer may have been interrupted before
            it replaced their files.
        digest: the hash of the last transaction's line; empty before the first transaction.
        changed: the last transaction that changed each document since this state was created, in
            the order of these transactions.
        checkpoint: the transaction up to which superseded content was forgotten.
        digests: the hashes of the lines since the checkpoint, by transaction.
    """

    position: Position
    sequence: int
    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])
    superseded: dict[str, dict[str | None, int]] = field(
        default_factory=dict[str, dict[str | None, int]]
    )
    observed_files: dict[str, ObservedFile] = field(default_factory=dict[str, ObservedFile])
    latest: tuple[str, ...] = ()
    digest: str = ""
    changed: dict[str, int] = field(default_factory=dict[str, int], init=False)
    checkpoint: int = field(default=0, init=False)
    digests: dict[int, str] = field(default_factory=dict[int, str], init=False)

    def __post_init__(self) -> None:
        self._paths = PathIndex(self.entries)
        self.digests[self.sequence] = self.digest

    def apply(self, located: LocatedRecord) -> None:
        """Apply the next record."""
        for op in located.record.ops:
            self.superseded.setdefault(op.path, {})[op.before] = located.record.sequence
            self.observed_files.pop(op.path, None)
            if op.after is None:
                self.entries.pop(op.path, None)
                self._paths.discard(op.path)
            else:
                raw = op.text or json.dumps(op.document, separators=(",", ":")).encode()
                sequence = located.record.sequence
                self.entries[op.path] = Entry(op.after, sequence, located.start, raw)
                self._paths.add(op.path)
            self.changed.pop(op.path, None)
            self.changed[op.path] = located.record.sequence
        self.latest = tuple(op.path for op in located.record.ops)
        self.sequence = located.record.sequence
        self.position = located.end
        self.digest = self.digests[self.sequence] = located.digest

    @property
    def anchor(self) -> Anchor:
        """The last transaction and the hash of its line."""
        return Anchor(self.sequence, self.digest)

    def hash_of(self, path: str) -> str | None:
        """Return the committed content hash."""
        entry = self.entries.get(path)
        return None if entry is None else entry.hash

    def crash_leftovers(self, path: str, published: Published | None) -> frozenset[str | None]:
        """Return the content hashes that a crash may have left in the file of `path`.

        Empty once the file is known to have been written; from then on, older content counts as an
        edit.

        Args:
            path: the document.
            published: the transactions that were written, or None if that is unknown.
        """
        if path in self.observed_files:
            return frozenset()
        written = self.published_through(published)
        if published is not None and path in published.lagging:
            written = 0
        befores = self.superseded.get(path, {})
        return frozenset(before for before, by in befores.items() if by > written)

    def published_through(self, published: Published | None) -> int:
        """Return the transaction up to which documents were written; 0 if that is unknown."""
        if published is None or self.digests.get(published.sequence) != published.digest:
            return 0
        return published.sequence

    def may_be_torn(self, path: str) -> bool:
        """Return whether a power loss may have damaged the file of `path`."""
        return path in self.superseded and path not in self.observed_files

    def unpublished(self, published: Published | None) -> set[str]:
        """Return the documents whose files may never have been written."""
        written = self.published_through(published)
        found = {path for path, by in self.superseded.items() if max(by.values()) > written}
        return found | (published.lagging if published and written else frozenset())

    def checkpoint_reached(self, sequence: int) -> None:
        """Forget content superseded up to a checkpoint: files are durable up to that point."""
        if sequence <= self.checkpoint:
            return
        self.checkpoint = sequence
        kept = {
            path: {before: by for before, by in befores.items() if by > sequence}
            for path, befores in self.superseded.items()
        }
        self.superseded = {path: befores for path, befores in kept.items() if befores}
        self.digests = {at: each for at, each in self.digests.items() if at >= sequence}

    def matching(self, pattern: str) -> list[str]:
        """Return the paths of the documents that match a pattern."""
        return self._paths.matching(pattern)

    def changed_after(self, sequence: int) -> frozenset[str]:
        """Return the documents changed by transactions after `sequence` that this state applied."""
        later = itertools.takewhile(lambda row: row[1] > sequence, reversed(self.changed.items()))
        return frozenset(path for path, _ in later)


def state_from_index(
    position: Position, sequence: int, digest: str, rows: dict[str, IndexRow]
) -> State:
    """Return the state at a checkpoint; contents are read from the files on demand."""
    return State(
        position=position,
        sequence=sequence,
        digest=digest,
        entries={path: Entry(row.hash, row.sequence, row.position) for path, row in rows.items()},
        observed_files={
            path: ObservedFile(row.signature, settled=True)
            for path, row in rows.items()
            if row.signature
        },
    )


def state_from_snapshot(snapshot: Snapshot) -> State:
    """Return the state of a snapshot; it has no superseded contents."""
    entries = {
        row.path: Entry(row.index.hash, row.index.sequence, row.index.position, row.raw)
        for row in snapshot.rows
    }
    state = State(snapshot.position, snapshot.sequence, entries)
    state.digest = state.digests[state.sequence] = snapshot.digest
    return state
