"""The disk space of a project besides its documents: warm worktrees, agent calls, the journal."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from podium.workspace.repository import Repository
from podium.workspace.values import Worktree
from podium.workspace.warm.pool import WorktreePool

_BLOCK = 512
_UNITS = ("B", "KB", "MB", "GB", "TB")
_STEP = 1024


@dataclass(frozen=True)
class DiskUse:
    """Sizes in bytes."""

    worktrees: int
    calls: int
    journal: int

    @property
    def shown(self) -> str:
        """Return the sizes in one line."""
        return (
            f"worktrees {shown_size(self.worktrees)}, agent calls {shown_size(self.calls)}, "
            f"journal {shown_size(self.journal)}"
        )


async def measure(repository: Repository, home: Path) -> DiskUse:
    """Return the disk space that a project uses.

    Args:
        repository: the project's repository; all its projects share the worktrees.
        home: the folder that contains `.podium`.
    """
    own = home / ".podium" / "run"
    places = (repository.worktree_folder(), own / "calls", own / "journal")
    sizes = [await anyio.to_thread.run_sync(size_of, each) for each in places]
    return DiskUse(*sizes)


async def over_ceiling(repository: Repository, megabytes: float) -> tuple[Worktree, ...]:
    """Return the free worktrees to remove so that the others fit into this many megabytes."""
    free = WorktreePool(repository, most=0).free()
    sizes = [await anyio.to_thread.run_sync(size_of, each.folder) for each in free]
    excess = sum(sizes) - megabytes * _STEP**2
    found: list[Worktree] = []
    for worktree, size in zip(free, sizes, strict=True):
        if excess <= 0:
            break
        found.append(worktree)
        excess -= size
    return tuple(found)


async def remove_free(repository: Repository, found: tuple[Worktree, ...]) -> None:
    """Remove free worktrees, but not those that have been taken in the meantime."""
    pool = WorktreePool(repository, most=0)
    for each in found:
        await pool.remove_free(each)


def size_of(folder: Path) -> int:
    """Return the number of bytes that a folder uses on disk; symlinks are not followed."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(where, name)).st_blocks * _BLOCK
    return total


def shown_size(size: float) -> str:
    """Return a size as text for people, such as `12 MB`."""
    for unit in _UNITS[:-1]:
        if size < _STEP:
            return f"{size:.0f} {unit}"
        size /= _STEP
    return f"{size:.0f} {_UNITS[-1]}"
