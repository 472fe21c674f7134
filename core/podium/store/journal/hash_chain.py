"""The journal's chain of hashes: where it ends; must not know what the lines say.

Each line names the hash of the line before. What a chain cannot show by itself, that its end is
missing, is shown by anchors: places whose hash is written down elsewhere too.
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
    """A place of the chain.

    Args:
        sequence: a transaction.
        digest: the hash of its line.
    """

    sequence: int
    digest: str


class Head:
    """The file that names the last line, written behind each commit and never waited for.

    After a crash it may be behind, and after a power loss unreadable; it is never ahead.

    Args:
        fs: the file operations.
        path: the file.
    """

    def __init__(self, fs: FileSystem, path: str) -> None:
        self._fs = fs
        self._path = path

    def read(self) -> Anchor | None:
        """Return what is written down; None when nothing of use is."""
        try:
            data = self._fs.read(self._path)
        except OSError:
            return None
        found = _HEAD.fullmatch(data or b"")
        if found is None or int(found[1], 16) != zlib.crc32(found[2]):
            return None  # half of it is older: it was torn
        return Anchor(int(found[3]), found[4].decode())

    def write(self, anchor: Anchor) -> None:
        """Name the last line; failing does no harm."""
        body = f"{anchor.sequence:020d} {anchor.digest}".encode()
        with (
            contextlib.suppress(OSError),
            opened(self._fs, self._path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW) as fd,
        ):
            self._fs.write(fd, b"%08x %b\n" % (zlib.crc32(body), body))
