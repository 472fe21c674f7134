"""A lock between processes, for git operations that cannot run concurrently."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from anyio.lowlevel import RunVar

from podium.errors import GitError
from podium.platform.filesystem import LocalFileSystem
from podium.ports.filesystem import PRIVATE_FILE

PATIENCE = 300.0
_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.1
_turns = RunVar[dict[Path, anyio.Lock]]("turns")


@asynccontextmanager
async def exclusive(path: Path, *, patience: float = PATIENCE) -> AsyncGenerator[int]:
    """Hold the lock for the duration of a block; it is released if its holder dies.

    Args:
        path: the lock file; created on demand and never removed.
        patience: seconds to wait for another holder.

    Yields:
        The descriptor that holds the lock. A child process that inherits it also holds the lock, so
            the lock stays held while a killed process's git command is still running.

    Raises:
        GitError: another process held it for too long, or the file cannot be created.
    """
    async with _own_turn(path), _file_lock(path, patience) as fd:
        yield fd


def _own_turn(path: Path) -> anyio.Lock:
    """Return the queue of this process's own waiters; without it, their order would be random."""
    try:
        turns = _turns.get()
    except LookupError:
        turns = dict[Path, anyio.Lock]()
        _turns.set(turns)
    return turns.setdefault(path, anyio.Lock())


@asynccontextmanager
async def _file_lock(path: Path, patience: float) -> AsyncGenerator[int]:
    fs = LocalFileSystem()
    try:
        fd = fs.open(str(path), os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    except OSError as error:
        raise GitError(f"{str(path)!r} cannot be written", why=error.strerror or "") from error
    try:
        await _wait_locked(fs, fd, path, patience)
        yield fd
    finally:
        fs.close(fd)


async def _wait_locked(fs: LocalFileSystem, fd: int, path: Path, patience: float) -> None:
    pause = _FIRST_PAUSE
    with anyio.move_on_after(patience):
        while not fs.lock(fd, shared=False, block=False):
            await anyio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return
    raise GitError(
        "Another process is changing the worktrees",
        why=f"it has held the lock {str(path)!r} for {patience:.0f} seconds",
        hints=["try again when it has finished"],
    )
