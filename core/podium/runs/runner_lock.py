"""The lock that shows that a runner is working on a project.

A new runner takes it first of all, so that the process that started it sees it at once, and a
redundant second runner exits before it imports the engine. Must not import the engine.
"""

import os
import time
from pathlib import Path

from podium.platform.file_lock import lock
from podium.platform.owned_files import open_file, read_file

LOCK_SECONDS = 10.0
"""How long a new runner waits for another one that is about to exit."""

_PAUSE_SECONDS = 0.05


def runner_lock_path(root: Path) -> Path:
    """Return the path of the runner's lock file."""
    return root / ".podium" / "run" / "runner.lock"


def take_runner_lock(root: Path) -> int | None:
    """Become the project's runner: return the descriptor that holds the lock until it is closed.

    Returns None when another runner still holds it after `LOCK_SECONDS`.

    Raises:
        PathOutsideWorkspace: a link is in the place of the lock or its folder.
    """
    fd = open_file(runner_lock_path(root), os.O_RDWR | os.O_CREAT)
    deadline = time.monotonic() + LOCK_SECONDS
    while not lock(fd, block=False):
        if time.monotonic() > deadline:
            os.close(fd)
            return None
        time.sleep(_PAUSE_SECONDS)
    os.pwrite(fd, f"{os.getpid():<20}\n".encode(), 0)
    return fd


def runner_is_alive(root: Path) -> bool:
    """Return whether a runner is working on this project."""
    try:
        fd = open_file(runner_lock_path(root), os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not lock(fd, shared=True, block=False)
    finally:
        os.close(fd)


def runner_pid(root: Path) -> int | None:
    """Return the process id of the active runner, or None."""
    if not runner_is_alive(root):
        return None
    text = read_file(runner_lock_path(root)).decode().strip()
    return int(text) if text.isdigit() else None
