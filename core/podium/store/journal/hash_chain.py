"""The end of the journal's hash chain.

Each line contains the hash of the previous line. The chain alone cannot show that its end is
missing; anchors do: positions whose hash is also recorded elsewhere.
"""

import contextlib
import os
import re
import zlib
from dataclasses import dataclass

from podium.ports.filesystem import FileSystem, opened

_HEAD = re.compile(rb"([0-9a-f]{8}) ((\d{20}) ([0-9a-f]{64}))\n")


@dataclass(frozen=True)
class Anchor:
    """A position in the chain.

    Args:
        sequence: a transaction.
        digest: the hash of its line.
    """

    sequence: int
    digest: str


class Head:
    """The file that identifies the last line, written after each commit without an fsync.

    The file may be behind after a crash and unreadable after a power loss, but is never ahead.

    Args:
        fs: the file operations.
        path: the file.
    """

    def __init__(self, fs: FileSystem, path: str) -> None:
        self._fs = fs
        self._path = path

    def read(self) -> Anchor | None:
        """Return the recorded end of the chain, or None if it is missing or unreadable."""
        try:
            data = self._fs.read(self._path)
        except OSError:
            return None
        found = _HEAD.fullmatch(data or b"")
        if found is None or int(found[1], 16) != zlib.crc32(found[2]):
            return None  # a torn write
        return Anchor(int(found[3]), found[4].decode())

    def write(self, anchor: Anchor) -> None:
        """Record the last line; a failure is harmless."""
        body = f"{anchor.sequence:020d} {anchor.digest}".encode()
        with (
            contextlib.suppress(OSError),
            opened(self._fs, self._path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW) as fd,
        ):
            self._fs.write(fd, b"%08x %b\n" % (zlib.crc32(body), body))
