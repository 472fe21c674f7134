"""The real file system."""

import contextlib
import fcntl
import os

from podium.platform import file_lock
from podium.ports.filesystem import PRIVATE_FILE, PRIVATE_FOLDER


class LocalFileSystem:
    """Implements the file system port on the operating system."""

    def open(self, path: str, flags: int, mode: int = PRIVATE_FILE) -> int:
        """Open a file and return its descriptor, close-on-exec."""
        return os.open(path, flags | os.O_CLOEXEC, mode)

    def close(self, fd: int) -> None:
        """Close a descriptor."""
        os.close(fd)

    def write(self, fd: int, data: bytes) -> None:
        """Write all of `data`."""
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        """Read up to `size` bytes at `offset`."""
        return os.pread(fd, size, offset)

    def fsync(self, fd: int) -> None:
        """Make a file's content and metadata, or a folder's entries, durable."""
        os.fsync(fd)

    def fdatasync(self, fd: int) -> None:
        """Make a file's content durable; macOS has no fdatasync, and needs F_FULLFSYNC."""
        full_sync: int | None = getattr(fcntl, "F_FULLFSYNC", None)
        if full_sync is None:
            os.fdatasync(fd)
        else:
            fcntl.fcntl(fd, full_sync)

    def sync_all(self, fd: int) -> bool:
        """Make everything on the file system of an open file durable; False if that is unknown."""
        # Loaded on demand: most processes sync few files.
        from podium.platform.sync_all import sync_file_system

        return sync_file_system(fd)

    def truncate(self, fd: int, size: int) -> None:
        """Truncate or extend an open file."""
        os.ftruncate(fd, size)

    def rename(self, old: str, new: str) -> None:
        """Rename `old` to `new` atomically, replacing it."""
        os.rename(old, new)

    def unlink(self, path: str) -> None:
        """Remove a file."""
        os.unlink(path)

    def read(self, path: str) -> bytes | None:
        """Return a file's content, or None if it does not exist; a link is an error."""
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            with open(fd, "rb", closefd=False) as file:
                return file.read()
        finally:
            os.close(fd)

    def stat(self, path: str) -> os.stat_result | None:
        """Return a path's metadata without following links, or None if it does not exist."""
        try:
            return os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def fstat(self, fd: int) -> os.stat_result:
        """Return the metadata of an open file."""
        return os.fstat(fd)

    def walk(self, folder: str) -> list[str]:
        """Return all files below `folder`, relative to it and sorted, without links."""
        found: list[str] = []
        pending = [""]
        while pending:
            prefix = pending.pop()
            with (
                contextlib.suppress(FileNotFoundError, NotADirectoryError),
                os.scandir(f"{folder}/{prefix}") as entries,
            ):
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(f"{prefix}{entry.name}/")
                    elif entry.is_file(follow_symlinks=False):
                        found.append(prefix + entry.name)
        return sorted(found)

    def listdir(self, folder: str) -> list[str]:
        """Return the names in `folder`, sorted; empty if it does not exist."""
        try:
            return sorted(os.listdir(folder))
        except FileNotFoundError:
            return []

    def makedirs(self, folder: str) -> None:
        """Create a folder and its parents, private to the user."""
        parent = os.path.dirname(folder)
        if parent != folder and not os.path.isdir(parent):
            self.makedirs(parent)
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, PRIVATE_FOLDER)

    def lock(self, fd: int, *, shared: bool, block: bool) -> bool:
        """Acquire the advisory lock of an open file; False if it is held and `block` is False."""
        return file_lock.lock(fd, shared=shared, block=block)

    def unlock(self, fd: int) -> None:
        """Release the advisory lock, also for children that inherited the descriptor."""
        file_lock.unlock(fd)
