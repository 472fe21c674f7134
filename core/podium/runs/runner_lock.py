"""The lock that shows that a runner is working on a project.

A new runner takes the lock first, so that the process that started it sees it immediately, and a
redundant second runner exits before it imports the engine. This module must not import the engine.

A runner locks two things: a file in `.podium/run`, and the `.podium` folder itself. Other processes
look at the file; it may be deleted or replaced mid-run, which its holder notices. The folder's lock
then still prevents a second runner from working before the first one has ended.

The file holds the runner's process id until the runner has nothing left to do, or that of a process
that is about to start one. The file is never part of a clone or another worktree, so the id of a
dead process means that a runner died here. The inode of `.podium` reveals a copy of the folder.
"""

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from podium.platform.file_lock import lock
from podium.platform.owned_files import make_folders, open_file

LOCK_SECONDS = 10.0
"""How long a new runner waits for another one that is about to exit."""

WATCH_SECONDS = 1.0
"""How often a runner checks that it still holds the lock, besides the check before every call."""

_PAUSE_SECONDS = 0.05
_NUMBER_BYTES = 21
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW


class RunnerReplaced(Exception):
    """The runner must end: its lock file was deleted or replaced, so another one may start.

    Deliberately not a `PodiumError`, so that it does not fail an attempt.
    """


@dataclass(frozen=True)
class RunnerLock:
    """A lock that is held until it is closed.

    Args:
        path: the lock file.
        descriptors: the descriptors of the locked file and, if the system can lock folders, of the
            locked folder.
    """

    path: Path
    descriptors: tuple[int, ...]

    def is_current(self) -> bool:
        """Return whether the locked file is still the one that others will open."""
        return _is_current(self.descriptors[0], self.path)

    def check(self) -> None:
        """Check that no other runner can start.

        Raises:
            RunnerReplaced: the lock file was deleted or replaced.
        """
        if not self.is_current():
            raise RunnerReplaced(f"{self.path} was deleted or replaced")

    def clear(self) -> None:
        """Record that the runner ends because it has nothing left to do."""
        os.ftruncate(self.descriptors[0], 0)

    def close(self) -> None:
        """Release the lock."""
        for fd in self.descriptors:
            os.close(fd)


def runner_lock_path(root: Path) -> Path:
    """Return the path of the runner's lock file."""
    return root / ".podium" / "run" / "runner.lock"


def take_runner_lock(root: Path, *, seconds: float = LOCK_SECONDS) -> RunnerLock | None:
    """Become the project's runner: return the lock.

    Returns None when another runner still holds it after `seconds`, or the project is gone.

    Raises:
        PathOutsideWorkspace: the lock or its folder is a symlink.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            taken = _try_lock(runner_lock_path(root))
        except FileNotFoundError:
            return None
        if taken is not None:
            _record(taken.descriptors[0], root)
            return taken
        if time.monotonic() > deadline:
            return None
        time.sleep(_PAUSE_SECONDS)


def runner_is_alive(root: Path) -> bool:
    """Return whether a runner is working on this project."""
    path = runner_lock_path(root)
    with contextlib.suppress(FileNotFoundError):
        if _is_locked(open_file(path, os.O_RDWR)):
            return True
    with contextlib.suppress(FileNotFoundError):
        return _is_locked(os.open(path.parent.parent, _OPEN_FOLDER))
    return False


def runner_pid(root: Path) -> int | None:
    """Return the process id of the active runner, or None."""
    return _recorded_pid(root) if runner_is_alive(root) else None


def expect_runner(root: Path) -> None:
    """Record that a runner is needed here, so that it starts even if this process is killed.

    Errors are ignored: recording the runner's work fails in the same way, and reports the error.

    Raises:
        PathOutsideWorkspace: the lock or its folder is a symlink.
    """
    with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
        make_folders(runner_lock_path(root).parent)
        fd = open_file(runner_lock_path(root), os.O_RDWR | os.O_CREAT)
        opened.callback(os.close, fd)
        if lock(fd, block=False):  # otherwise a runner is already working
            _record(fd, root)


def has_runner_died(root: Path) -> bool:
    """Return whether the last runner of this folder ended although it had work left."""
    pid = _recorded_pid(root)
    if pid is None or runner_is_alive(root) or not _is_recorded_here(root):
        return False
    # Imported here because it would slow down a new runner.
    import psutil

    try:
        words = psutil.Process(pid).cmdline()
    except psutil.Error:
        return True
    return "runner" not in words  # otherwise the folder is a copy of one in which that runner works


def _record(fd: int, root: Path) -> None:
    """Record this process, and the folder that contains the file."""
    numbers = (os.getpid(), (root / ".podium").stat().st_ino)
    os.pwrite(fd, "".join(f"{each:<{_NUMBER_BYTES - 1}}\n" for each in numbers).encode(), 0)


def _recorded_pid(root: Path) -> int | None:
    return next(iter(_recorded(root)), None)


def _is_recorded_here(root: Path) -> bool:
    """Return whether the file was written in this folder; an older program recorded no folder."""
    recorded = _recorded(root)[1:]
    return not recorded or recorded[0] == (root / ".podium").stat().st_ino


def _recorded(root: Path) -> list[int]:
    try:
        fd = open_file(runner_lock_path(root), os.O_RDONLY)
    except FileNotFoundError:
        return []
    try:
        lines = os.read(fd, 2 * _NUMBER_BYTES).split()
    finally:
        os.close(fd)
    return [int(each) for each in lines if each.isdigit()]


def _try_lock(path: Path) -> RunnerLock | None:
    """Lock the file currently at the path, and the folder; None if another runner holds one.

    Raises:
        FileNotFoundError: the project is gone.
    """
    make_folders(path.parent)
    with contextlib.ExitStack() as opened:
        fd = open_file(path, os.O_RDWR | os.O_CREAT)
        opened.callback(os.close, fd)
        if not lock(fd, block=False) or not _is_current(fd, path):
            return None
        folder = os.open(path.parent.parent, _OPEN_FOLDER)
        opened.callback(os.close, folder)
        try:
            if not lock(folder, block=False):
                return None
        except OSError:
            # Network file systems cannot lock folders; the file lock alone is enough until the file
            # is deleted.
            pass
        opened.pop_all()
        return RunnerLock(path, (fd, folder))


def _is_current(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path, follow_symlinks=False))
    except OSError:
        return False


def _is_locked(fd: int) -> bool:
    """Return whether another process holds the lock; closes the descriptor."""
    try:
        return not lock(fd, shared=True, block=False)
    except OSError:
        return False
    finally:
        os.close(fd)
