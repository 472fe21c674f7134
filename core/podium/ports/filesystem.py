"""Every file operation of the store, as something that can fail on purpose in tests.

Descriptors are plain integers, paths are strings: the port stays a thin film over the operating
system, because what it hides could not be tested.
"""

import contextlib
import os
from collections.abc import Generator
from typing import Protocol

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


class FileSystem(Protocol):
    """The operations the store is written in."""

    def open(self, path: str, flags: int, mode: int = PRIVATE_FILE) -> int:
        """Open a file and return its descriptor, close-on-exec."""
        ...

    def close(self, fd: int) -> None:
        """Close a descriptor."""
        ...

    def write(self, fd: int, data: bytes) -> None:
        """Write all of `data`."""
        ...

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        """Read up to `size` bytes at `offset`."""
        ...

    def fsync(self, fd: int) -> None:
        """Make a file's content and metadata, or a folder's entries, durable."""
        ...

    def fdatasync(self, fd: int) -> None:
        """Make a file's content durable."""
        ...

    def truncate(self, fd: int, size: int) -> None:
        """Cut or extend an open file."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Replace `new` by `old` in one step."""
        ...

    def unlink(self, path: str) -> None:
        """Remove a file."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return a file's content, or None when there is none."""
        ...

    def stat(self, path: str) -> os.stat_result | None:
        """Return a path's own metadata, of a link itself, or None when there is nothing."""
        ...

    def fstat(self, fd: int) -> os.stat_result:
        """Return the metadata of an open file."""
        ...

    def walk(self, folder: str) -> list[str]:
        """Return all files below `folder`, relative to it, sorted; links are left out."""
        ...

    def listdir(self, folder: str) -> list[str]:
        """Return the names in `folder`, sorted; nothing when it does not exist."""
        ...

    def makedirs(self, folder: str) -> None:
        """Make a folder and its parents, private to the user."""
        ...

    def lock(self, fd: int, *, shared: bool, block: bool) -> bool:
        """Take the advisory lock of an open file; False when it is held and `block` is off."""
        ...

    def unlock(self, fd: int) -> None:
        """Give the advisory lock back, also for children that inherited the descriptor."""
        ...


@contextlib.contextmanager
def opened(fs: FileSystem, path: str, flags: int) -> Generator[int, None, None]:
    """Open `path` for the length of a block."""
    fd = fs.open(path, flags)
    try:
        yield fd
    finally:
        fs.close(fd)
