"""The folder of a pool, with the files beside its worktrees."""

import contextlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from podium.errors import PodiumError
from podium.platform.file_lock import lock
from podium.platform.owned_files import make_folders, open_file, read_file, remove_file
from podium.ports.filesystem import PRIVATE_FILE
from podium.workspace.warm.ready_state import (
    FREE,
    INDEX,
    LOCK,
    READY,
    SUFFIXES,
    beside,
)


@dataclass(frozen=True)
class PoolFolder:
    """The folder of a pool, and the files in it.

    Args:
        home: its path.
        cache: the cache folder, under which no symlink is followed.
    """

    home: Path
    cache: Path

    def new_place(self, taken: Collection[Path]) -> tuple[Path, int]:
        """Return an unused path for a worktree, and the descriptor of its lock.

        Args:
            taken: folders that git knows as worktrees; they may no longer exist.
        """
        name = self.home.parent.name.rpartition("-")[0]
        number = 1
        while True:
            folder = self.home / f"{name}-{number}"
            is_taken = folder in taken or os.path.lexists(folder)
            fd = None if is_taken else self.try_lock(folder)
            if fd is not None:
                return folder, fd
            number += 1

    def try_lock(self, folder: Path) -> int | None:
        """Lock a worktree; return the descriptor, or None if another process has locked it."""
        make_folders(folder.parent, root=self.cache)
        path = beside(folder, LOCK)
        fd = open_file(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE, root=self.cache)
        # The file may have been removed between opening and locking it.
        if lock(fd, block=False) and path.exists() and os.path.samestat(os.fstat(fd), path.stat()):
            return fd
        os.close(fd)
        return None

    def is_locked(self, folder: Path) -> bool:
        """Return whether a process is taking or releasing a worktree."""
        try:
            fd = open_file(beside(folder, LOCK), os.O_RDWR, root=self.cache)
        except FileNotFoundError:
            return False
        except (OSError, PodiumError):
            return True
        try:
            return not lock(fd, block=False)
        finally:
            os.close(fd)

    def write(self, path: Path, text: str) -> None:
        """Write a small file."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with open(open_file(path, flags, root=self.cache), "w") as file:
            file.write(text)

    def read(self, path: Path) -> str:
        """Return the content of a small file; an empty string if it cannot be read."""
        with contextlib.suppress(OSError, PodiumError, ValueError):
            return read_file(path, root=self.cache).decode()
        return ""

    def remove(self, path: Path) -> None:
        """Remove a file; it may already be gone."""
        remove_file(path, root=self.cache)

    def remove_files(self, folder: Path) -> None:
        """Remove all files beside a worktree, the lock last."""
        for suffix in (READY, INDEX, FREE):
            for each in (beside(folder, suffix), beside(folder, f"{suffix}.new")):
                self.remove(each)
        self.remove(beside(folder, LOCK))

    def new_mode(self) -> int:
        """Return the permissions of a new file, which depend on this process's umask."""
        make_folders(self.home, root=self.cache)
        path = self.home / f".mode-{os.getpid()}"
        self.remove(path)
        fd = open_file(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, root=self.cache)
        try:
            return os.fstat(fd).st_mode
        finally:
            os.close(fd)
            self.remove(path)


def worktree_of(path: Path) -> Path | None:
    """Return the worktree to which a file beside it belongs."""
    name = path.name.removesuffix(".new")
    suffix = next((each for each in SUFFIXES if name.endswith(each)), None)
    return path.with_name(name.removesuffix(suffix)) if suffix else None
