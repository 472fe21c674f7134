"""Records in a repository which Podium processes change it, and which git commands were killed.

A lock that git left behind does not identify its owner. A mark shows that a Podium process crashed,
or that one of its commands was killed; then such a lock may be removed.

Each process holds a record lock on its mark. Unlike an open file, a record lock is not inherited by
child processes.
"""

import atexit
import contextlib
import fcntl
import functools
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from podium.platform.machine import raise_refusal
from podium.ports.filesystem import PRIVATE_FILE, PRIVATE_FOLDER

FOLDER = "podium-commands"
"""The folder for marks in the common Git directory."""

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_OPEN_MARKS = 8
_SLACK_SECONDS = 1.0
_marks: dict[Path, "_Mark"] = {}


@dataclass(frozen=True)
class _Mark:
    """This process's mark."""

    pid: int
    path: Path
    fd: int


@dataclass(frozen=True)
class Deaths:
    """The times at which Podium's commands in a repository were killed.

    Args:
        spans: the periods, in seconds since the epoch, in which a killed process may have created
            locks.
        marks: the marks of dead processes.
    """

    spans: tuple[tuple[float, float], ...]
    marks: tuple[Path, ...]

    def explain(self, at: float) -> bool:
        """Return whether a lock of this age may be the leftover of a killed command."""
        return any(
            begin - _SLACK_SECONDS <= at <= end + _SLACK_SECONDS for begin, end in self.spans
        )


def common_dir_of(git_dir: Path) -> Path:
    """Return the common Git directory of all worktrees; reads one file, once."""
    try:
        return _read_common_dir(git_dir)
    except OSError as error:
        raise_refusal(error)
        return git_dir


@functools.lru_cache(maxsize=64)
def _read_common_dir(git_dir: Path) -> Path:
    return Path(os.path.normpath(git_dir / (git_dir / "commondir").read_text().strip()))


def mark_repository(git_dir: Path) -> None:
    """Mark, once, that this process changes a repository, unless the repository is read-only."""
    common_dir = common_dir_of(git_dir)
    present = _marks.get(common_dir)
    if present is not None and present.pid == os.getpid():
        return
    folder = common_dir / FOLDER
    name = f"{os.getpid()}-{os.urandom(6).hex()}"
    with contextlib.suppress(OSError):
        folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
        unlocked = folder / f"new{name.replace('-', '')}"
        fd = os.open(unlocked, _NEW, PRIVATE_FILE)
        # Without a lock it would look like the mark of a dead process.
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(fd, f"began {time.time()}\n".encode())
        unlocked.rename(folder / name)
        _marks.pop(common_dir, None)
        _marks[common_dir] = _Mark(os.getpid(), folder / name, fd)
    while len(_marks) > _OPEN_MARKS:
        _remove(next(iter(_marks)))


def mark_death(git_dir: Path, began: float) -> None:
    """Mark that a command of this process was killed.

    Args:
        git_dir: the Git directory of the command's worktree.
        began: when the command began, in seconds since the epoch.
    """
    mark = _marks.get(common_dir_of(git_dir))
    if mark is not None and mark.pid == os.getpid():
        with contextlib.suppress(OSError):
            os.write(mark.fd, f"died {began} {time.time()}\n".encode())


def known_deaths(common_dir: Path) -> Deaths:
    """Return when Podium's commands in a repository were killed, according to its marks."""
    own = {mark.path for mark in _marks.values() if mark.pid == os.getpid()}
    spans: list[tuple[float, float]] = []
    dead: list[Path] = []
    for path in sorted((common_dir / FOLDER).glob("*-*")):
        spans += _spans(path, "died")
        # Opening its own mark and closing it again would release this process's lock.
        if path not in own and _is_free(path):
            spans += _spans(path, "began")
            dead.append(path)
    return Deaths(tuple(spans), tuple(dead))


def forget(deaths: Deaths) -> None:
    """Remove the marks of dead processes once they have no leftovers."""
    for path in deaths.marks:
        with contextlib.suppress(OSError):
            path.unlink()


def _spans(path: Path, word: str) -> Iterator[tuple[float, float]]:
    """Yield the spans of a mark's lines that begin with a word."""
    for line in _text(path).splitlines():
        first, *numbers = line.split()
        with contextlib.suppress(ValueError, IndexError):
            if first == word:
                begin = float(numbers[0])
                yield begin, float(numbers[1]) if len(numbers) > 1 else float("inf")


def _text(path: Path) -> str:
    own = next((mark for mark in _marks.values() if mark.path == path), None)
    with contextlib.suppress(OSError):
        if own is not None and own.pid == os.getpid():
            return os.pread(own.fd, os.fstat(own.fd).st_size, 0).decode()
        return path.read_text()
    return ""


def _is_free(path: Path) -> bool:
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def _remove(common_dir: Path) -> None:
    mark = _marks.pop(common_dir)
    if mark.pid == os.getpid():
        with contextlib.suppress(OSError):
            mark.path.unlink()
    with contextlib.suppress(OSError):
        os.close(mark.fd)


@atexit.register
def _remove_all() -> None:
    for common_dir in tuple(_marks):
        _remove(common_dir)
