"""The mark of the last transaction whose documents were written to their files.

After a process was killed, it tells a file that was never written from one that a person has
changed or removed since. A power loss can undo writes that were not synced, so a mark counts only
until the machine restarts; it is therefore written without an fsync.
"""

import contextlib
import json
import os
import zlib
from collections.abc import Collection
from dataclasses import dataclass

from podium.ports.filesystem import FileSystem, opened


@dataclass(frozen=True)
class Published:
    """What was written since the machine started.

    Args:
        sequence: the transaction; all earlier ones were written, too.
        digest: the hash of its line, because another journal may contain this sequence as well.
        lagging: the documents whose files may nevertheless have older content.
    """

    sequence: int
    digest: str
    lagging: frozenset[str] = frozenset()


class PublishedMark:
    """The file that contains the mark.

    Args:
        fs: the file operations.
        path: the file.
    """

    def __init__(self, fs: FileSystem, path: str) -> None:
        self._fs = fs
        self._path = path
        self._last: Published | None = None

    def read(self) -> Published | None:
        """Return the mark, or None if it is missing, unreadable or older than the machine's start.

        Without a mark, every file counts as possibly not written; this never loses a transaction,
        but brings back what a person has removed. So a failing disk is not taken for a missing
        mark.

        Raises:
            OSError: the disk fails.
        """
        try:
            data = self._fs.read(self._path)
        except (IsADirectoryError, PermissionError):
            data = None
        line, newline, _ = (data or b"").partition(b"\n")
        checksum, _, body = line.partition(b" ")
        if not newline or checksum != b"%08x" % zlib.crc32(body):
            return None  # a torn write
        try:
            fields = json.loads(body)
            boot, lagging = fields["boot"], frozenset(fields["lagging"])
            mark = Published(fields["seq"], fields["digest"], lagging)
        except (ValueError, KeyError, TypeError):
            return None
        return mark if boot and boot == self._fs.boot_id() else None

    def forget(self) -> None:
        """Remove the mark, because it belongs to another journal.

        Raises:
            OSError: it cannot be removed.
        """
        with contextlib.suppress(FileNotFoundError):
            self._fs.unlink(self._path)
        self._last = None

    def write(self, sequence: int, digest: str, lagging: Collection[str]) -> None:
        """Replace the mark unless it would be the same; a failure is harmless."""
        boot, mark = self._fs.boot_id(), Published(sequence, digest, frozenset(lagging))
        if not boot or mark == self._last:
            return
        fields = {"boot": boot, "seq": sequence, "digest": digest, "lagging": sorted(lagging)}
        body = json.dumps(fields).encode()
        with (
            contextlib.suppress(OSError),
            opened(self._fs, self._path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW) as fd,
        ):
            self._fs.write(fd, b"%08x %b\n" % (zlib.crc32(body), body))
            self._last = mark
