"""The interface of all file operations of the store, so that tests can inject failures.

Descriptors are plain integers and paths are strings: the interface is a thin layer over the
operating system, because tests could not inject faults into anything that it hides.
"""

import contextlib
import os
from collections.abc import Generator
from typing import Protocol

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


class FileSystem(Protocol):
    """The file operations that the store uses."""

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

    def sync_all(self, fd: int) -> bool:
        """Make everything on the file system of an open file durable.

        Returns: False if the platform cannot do this or does not report success.
        """
        ...

    def truncate(self, fd: int, size: int) -> None:
        """Truncate or extend an open file."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Rename `old` to `new` atomically, replacing it."""
        ...

    def unlink(self, path: str) -> None:
        """Remove a file."""
        ...

    def rmdir(self, path: str) -> None:
        """Remove an empty folder."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return a file's content, or None if it does not exist."""
        ...

    def stat(self, path: str) -> os.stat_result | None:
        """Return a path's metadata without following symlinks, or None if it does not exist."""
        ...

    def fstat(self, fd: int) -> os.stat_result:
        """Return the metadata of an open file."""
        ...

    def walk(self, folder: str) -> list[str]:
        """Return all files under `folder`, relative to it and sorted, without symlinks."""
        ...

    def listdir(self, folder: str) -> list[str]:
        """Return the names in `folder`, sorted; empty if it does not exist."""
        ...

    def makedirs(self, folder: str) -> None:
        """Create a folder and its parents, private to the user."""
        ...

    def lock(self, fd: int, *, shared: bool, block: bool) -> bool:
        """Acquire the advisory lock of an open file; False if it is held and `block` is False."""
        ...

    def unlock(self, fd: int) -> None:
        """Release the advisory lock, including for children that inherited the descriptor."""
        ...

    def boot_id(self) -> str:
        """Return an id that changes when the machine restarts; empty if there is none.

        With the same id, everything that was written since is still there, synced or not.
        """
        ...


@contextlib.contextmanager
def opened(fs: FileSystem, path: str, flags: int) -> Generator[int, None, None]:
    """Open `path` for the duration of a block."""
    fd = fs.open(path, flags)
    try:
        yield fd
    finally:
        fs.close(fd)
