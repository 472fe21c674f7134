"""The checkpoint: the last transaction with durable files, and an index of the documents.

A file with older content is an edit if that content predates the checkpoint, and possibly a crash
leftover otherwise.
"""

import contextlib
import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from podium.ports.filesystem import FileSystem
from podium.store.disk.durable import write_durably
from podium.store.disk.layout import StoreLayout
from podium.store.documents.files import Signature
from podium.store.journal.journal import Position

MARK = "checkpoint.json"
_INDEX_PREFIX = "index-"
_ATTEMPTS = 3


@dataclass(frozen=True)
class Mark:
    """The transaction up to which all files durably contain the committed content.

    Args:
        sequence: that transaction.
        position: its end in the journal.
        index: the name of the checkpoint's index file.
        checksum: the CRC-32 of the index file.
        digest: the hash of that transaction's line; None in a format 1 checkpoint.
    """

    sequence: int
    position: Position
    index: str
    checksum: int
    digest: str | None


class IndexRow(NamedTuple):
    """One document in the index.

    Args:
        hash: the content hash.
        sequence: the transaction that wrote the content.
        position: the position of that transaction in the journal.
        signature: the signature of the file when it was known to contain the content, or None.
    """

    hash: str
    sequence: int
    position: Position
    signature: Signature | None


class Checkpoints:
    """The checkpoint's mark and index, in the run folder.

    Args:
        fs: the file operations.
        layout: the paths of the store's files.
    """

    def __init__(self, fs: FileSystem, layout: StoreLayout) -> None:
        self._fs = fs
        self._run = layout.run
        self._last_read: tuple[bytes, Mark | None] = (b"", None)

    def mark(self) -> Mark | None:
        """Return the mark, or None if it is missing or unreadable.

        Without a mark every file counts as a possible crash leftover; this never loses a write.
        """
        data = self._read(MARK)
        if data is None:
            return None
        if data != self._last_read[0]:
            self._last_read = data, _parse_mark(data)
        return self._last_read[1]

    def load(self) -> tuple[Mark, dict[str, IndexRow]] | None:
        """Return the mark and its index, or None if either is missing or damaged."""
        for _ in range(_ATTEMPTS):  # another process may replace the index between the two reads
            mark = self.mark()
            if mark is None:
                return None
            data = self._read(os.path.basename(mark.index))
            if data is not None and zlib.crc32(data) == mark.checksum:
                return mark, _parse_index(data)
        return None

    def write(
        self, sequence: int, position: Position, digest: str, rows: Mapping[str, IndexRow]
    ) -> None:
        """Advance the mark. The files must be durable already; the caller holds the lock.

        Raises:
            OSError: the mark has not moved.
        """
        data = _index_text(rows)
        name = f"{_INDEX_PREFIX}{sequence:012d}.json"
        write_durably(self._fs, f"{self._run}/{name}", data)
        mark = {
            "seq": sequence,
            "segment": position.segment,
            "offset": position.offset,
            "index": name,
            "crc": zlib.crc32(data),
            "digest": digest,
        }
        write_durably(self._fs, f"{self._run}/{MARK}", (json.dumps(mark) + "\n").encode())
        for other in self._fs.listdir(self._run):
            if other.startswith(_INDEX_PREFIX) and other != name:
                with contextlib.suppress(OSError):
                    self._fs.unlink(f"{self._run}/{other}")

    def _read(self, name: str) -> bytes | None:
        try:
            return self._fs.read(f"{self._run}/{name}")
        except OSError:  # the journal has everything
            return None


def _parse_mark(data: bytes) -> Mark | None:
    try:
        fields = json.loads(data)
        return Mark(
            sequence=int(fields["seq"]),
            position=Position(int(fields["segment"]), int(fields["offset"])),
            index=str(fields["index"]),
            checksum=int(fields["crc"]),
            digest=fields.get("digest"),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _index_text(rows: Mapping[str, IndexRow]) -> bytes:
    table = {
        path: [
            row.hash,
            row.sequence,
            row.position.segment,
            row.position.offset,
            *(
                (row.signature.size, row.signature.modified_ns, row.signature.inode)
                if row.signature
                else ()
            ),
        ]
        for path, row in rows.items()
    }
    return json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()


def _parse_index(data: bytes) -> dict[str, IndexRow]:
    """Return the rows; the checksum was verified, so the text is well-formed."""
    return {
        path: IndexRow(
            hash=row[0],
            sequence=row[1],
            position=Position(row[2], row[3]),
            signature=Signature(*row[4:]) if len(row) > 4 else None,
        )
        for path, row in json.loads(data).items()
    }
