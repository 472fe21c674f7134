"""The real file system."""

import contextlib
import fcntl
import functools
import os
import sys
from collections.abc import Generator

from podium.platform import file_lock, owned_files
from podium.ports.filesystem import PRIVATE_FILE

_BOOT_ID = "/proc/sys/kernel/random/boot_id"


class LocalFileSystem:
    """Implements the file system port on the operating system.

    Symlinks under a `.podium` folder are not followed; see `owned_files`.
    """

    def open(self, path: str, flags: int, mode: int = PRIVATE_FILE) -> int:
        """Open a file and return its descriptor, close-on-exec."""
        if owned_files.owner_of(path) is None:
            return os.open(path, flags | os.O_CLOEXEC, mode)
        return owned_files.open_file(path, flags, mode)

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
        if old.rpartition("/")[0] == new.rpartition("/")[0]:
            with owned_files.opened_parent(new) as (fd, name):
                os.rename(old.rpartition("/")[2], name, src_dir_fd=fd, dst_dir_fd=fd)
            return
        with (
            owned_files.opened_parent(old) as (source, former),
            owned_files.opened_parent(new) as (target, name),
        ):
            os.rename(former, name, src_dir_fd=source, dst_dir_fd=target)

    def unlink(self, path: str) -> None:
        """Remove a file."""
        with owned_files.opened_parent(path) as (fd, name):
            os.unlink(name, dir_fd=fd)

    def rmdir(self, path: str) -> None:
        """Remove an empty folder."""
        with owned_files.opened_parent(path) as (fd, name):
            os.rmdir(name, dir_fd=fd)

    def read(self, path: str) -> bytes | None:
        """Return a file's content, or None if it does not exist; a symlink is an error."""
        try:
            return owned_files.read_file(path)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def stat(self, path: str) -> os.stat_result | None:
        """Return a path's metadata without following symlinks, or None if it does not exist."""
        try:
            return os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def fstat(self, fd: int) -> os.stat_result:
        """Return the metadata of an open file."""
        return os.fstat(fd)

    def walk(self, folder: str) -> list[str]:
        """Return all files under `folder`, relative to it and sorted.

        Raises:
            PathOutsideWorkspace: it contains a symlink, and is under a `.podium` folder.
        """
        owned = owned_files.owner_of(folder) is not None
        found: list[str] = []
        pending = [""]
        while pending:
            prefix = pending.pop()
            with (
                contextlib.suppress(FileNotFoundError, NotADirectoryError),
                _opened_folder(f"{folder}/{prefix}".rstrip("/")) as fd,
                os.scandir(fd) as entries,
            ):
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(f"{prefix}{entry.name}/")
                    elif entry.is_file(follow_symlinks=False):
                        found.append(prefix + entry.name)
                    elif owned and entry.is_symlink():
                        raise owned_files.no_link(f"{folder}/{prefix}{entry.name}")
        return sorted(found)

    def listdir(self, folder: str) -> list[str]:
        """Return the names in `folder`, sorted; empty if it does not exist."""
        try:
            with _opened_folder(folder) as fd:
                return sorted(os.listdir(fd))
        except FileNotFoundError:
            return []

    def makedirs(self, folder: str) -> None:
        """Create a folder and its parents, private to the user."""
        owned_files.make_folders(folder)

    def lock(self, fd: int, *, shared: bool, block: bool) -> bool:
        """Acquire the advisory lock of an open file; False if it is held and `block` is False."""
        return file_lock.lock(fd, shared=shared, block=block)

    def unlock(self, fd: int) -> None:
        """Release the advisory lock, including for children that inherited the descriptor."""
        file_lock.unlock(fd)

    def boot_id(self) -> str:
        """Return an id that changes when the machine restarts; empty if there is none."""
        return _boot_id()


@functools.cache
def _boot_id() -> str:
    if sys.platform == "darwin":
        # Loaded on demand: other platforms do not need it.
        from podium.platform.sync_all import boot_session

        return boot_session()
    with contextlib.suppress(OSError):
        fd = os.open(_BOOT_ID, os.O_RDONLY | os.O_CLOEXEC)
        with os.fdopen(fd) as file:
            return file.read().strip()
    return ""


@contextlib.contextmanager
def _opened_folder(path: str) -> Generator[int, None, None]:
    fd = LocalFileSystem().open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield fd
    finally:
        os.close(fd)
