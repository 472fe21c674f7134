"""Snapshots: all documents at one transaction, in one compressed file.

The five newest snapshots, one a day for a week and one a week for four weeks are retained. The
journal reaches back to the oldest of them, so that the store can restore any transaction since.
"""

import contextlib
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from podium.ports.filesystem import FileSystem
from podium.store.disk.durable import sync_folder, write_durably
from podium.store.disk.layout import StoreLayout
from podium.store.journal.journal import Position
from podium.store.state.checkpoint import IndexRow

NEWEST, DAILY, WEEKLY = 5, 7, 4
FOLDER = "run/snapshots"
_TIME = "%Y%m%dT%H%M%S"
_NAME = re.compile(r"(\d{12})-(\d{8}T\d{6})-([a-z-]+)\.jsonl\.gz")
_GZIP = 31
_LEVEL = 6

K = TypeVar("K")


@dataclass(frozen=True)
class SnapshotName:
    """The parts of a snapshot's file name.

    Args:
        sequence: the last transaction that it includes.
        at: the time when it was made, to the second.
        reason: for instance `daily` or `before-migration`.
    """

    sequence: int
    at: datetime
    reason: str

    def __str__(self) -> str:
        return f"{self.sequence:012d}-{self.at.strftime(_TIME)}-{self.reason}.jsonl.gz"


@dataclass(frozen=True)
class SnapshotRow:
    """One document: its index row and its JSON text."""

    path: str
    index: IndexRow
    raw: bytes


@dataclass(frozen=True)
class Snapshot:
    """A complete snapshot.

    Args:
        sequence: the last transaction that it includes.
        digest: the hash of that transaction's line.
        position: the end of that transaction in the journal.
        rows: the documents.
    """

    sequence: int
    digest: str
    position: Position
    rows: tuple[SnapshotRow, ...]


class Snapshots:
    """The snapshots of one store.

    Args:
        fs: the file operations.
        layout: the paths of the store's files.
    """

    def __init__(self, fs: FileSystem, layout: StoreLayout) -> None:
        self._fs = fs
        self._folder = layout.at(FOLDER)

    def names(self) -> list[SnapshotName]:
        """Return all snapshots, newest first."""
        found = map(_NAME.fullmatch, self._fs.listdir(self._folder))
        names = [_name_of(each) for each in found if each]
        return sorted(names, key=lambda name: (name.sequence, name.at), reverse=True)

    def read(self, name: SnapshotName) -> Snapshot | None:
        """Return a snapshot, or None if it is unreadable, because it is only a fallback."""
        with contextlib.suppress(OSError):
            return self.read_or_raise(name)
        return None

    def read_or_raise(self, name: SnapshotName) -> Snapshot | None:
        """Return a snapshot, or None if it is missing or damaged.

        Raises:
            OSError: the disk failed, so the snapshot may still be intact.
        """
        data = self._fs.read(f"{self._folder}/{name}")
        with contextlib.suppress(zlib.error, ValueError, KeyError, TypeError):
            return None if data is None else unpack(data)
        return None

    def newest_first(self) -> Iterator[Snapshot]:
        """Yield the readable snapshots."""
        for name in self.names():
            if (found := self.read(name)) is not None:
                yield found

    def find(self, path: str, content_hash: str) -> bytes | None:
        """Return the JSON text of a document from any snapshot with this content."""
        for snapshot in self.newest_first():
            for row in snapshot.rows:
                if row.path == path and row.index.hash == content_hash:
                    return row.raw
        return None

    def write(self, name: SnapshotName, snapshot: Snapshot) -> None:
        """Write a snapshot durably.

        Raises:
            OSError: the snapshot cannot be written.
        """
        self._fs.makedirs(self._folder)
        sync_folder(self._fs, self._folder.rpartition("/")[0])
        write_durably(self._fs, f"{self._folder}/{name}", pack(snapshot))

    def rotate(self) -> None:
        """Remove the snapshots that are no longer needed; a failure is harmless."""
        names = self.names()
        for name in set(names).difference(snapshots_to_keep(names)):
            with contextlib.suppress(OSError):
                self._fs.unlink(f"{self._folder}/{name}")


def snapshots_to_keep(names: Sequence[SnapshotName]) -> list[SnapshotName]:
    """Return the snapshots that are still needed.

    Args:
        names: all of them, newest first.
    """
    days = _newest_of_each(names, lambda name: name.at.date(), DAILY)
    weeks = _newest_of_each(names, lambda name: name.at.isocalendar()[:2], WEEKLY)
    chosen = {*names[:NEWEST], *days, *weeks}
    return [name for name in names if name in chosen]


def _newest_of_each(
    names: Iterable[SnapshotName], key: Callable[[SnapshotName], K], count: int
) -> list[SnapshotName]:
    found: dict[K, SnapshotName] = {}
    for name in names:
        found.setdefault(key(name), name)
    return list(found.values())[:count]


def _name_of(found: re.Match[str]) -> SnapshotName:
    at = datetime.strptime(found[2], _TIME).replace(tzinfo=UTC)
    return SnapshotName(int(found[1]), at, found[3])


def pack(snapshot: Snapshot) -> bytes:
    """Compress a snapshot."""
    head = {
        "seq": snapshot.sequence,
        "digest": snapshot.digest,
        "segment": snapshot.position.segment,
        "offset": snapshot.position.offset,
        "count": len(snapshot.rows),
    }
    lines = [json.dumps(head).encode(), *map(_line, snapshot.rows)]
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(b"\n".join(lines) + b"\n") + packer.flush()


def _line(row: SnapshotRow) -> bytes:
    index = row.index
    place = index.position
    head = json.dumps([row.path, index.hash, index.sequence, place.segment, place.offset])
    document = json.dumps(json.loads(row.raw), ensure_ascii=False, separators=(",", ":"))
    return f"[{head}, {document}]".encode()


def unpack(data: bytes) -> Snapshot:
    """Decompress and parse a snapshot.

    Raises:
        ValueError: it is truncated, or not a snapshot.
        zlib.error: it is damaged.
    """
    unpacker = zlib.decompressobj(_GZIP)
    text = unpacker.decompress(data)
    if not unpacker.eof:
        raise ValueError("it is truncated")
    head, *lines = text.splitlines()
    fields = json.loads(head)
    rows = tuple(map(_parse_row, lines))
    if len(rows) != fields["count"]:
        raise ValueError("documents are missing")
    position = Position(fields["segment"], fields["offset"])
    return Snapshot(fields["seq"], fields["digest"], position, rows)


def _parse_row(line: bytes) -> SnapshotRow:
    (path, content_hash, sequence, segment, offset), document = json.loads(line)
    raw = json.dumps(document, separators=(",", ":")).encode()
    place = Position(segment, offset)
    return SnapshotRow(path, IndexRow(content_hash, sequence, place, None), raw)
