"""Removes lock files that killed git commands left behind, but never one held by a live process.

Git creates a lock file, writes it and renames it. A command that is killed in between leaves the
lock file behind, and every later command that needs the same lock fails.
"""

import contextlib
import os
import shlex
import time
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from podium.platform.file_lock import lock
from podium.platform.process.living import LivingProcess, living_processes
from podium.ports.filesystem import PRIVATE_FILE, PRIVATE_FOLDER
from podium.workspace.plumbing import command_marks
from podium.workspace.plumbing.command_marks import FOLDER, Deaths, common_dir_of
from podium.workspace.plumbing.git import Git

_OLD_SECONDS = 3.0
"""Minimum age at which a lock on one of Podium's own refs is stale, if no process holds it."""

_SLACK_SECONDS = 2.0
"""Accuracy of process start times."""

_PATIENCE_SECONDS = 12.0
_PAUSE_SECONDS = 0.2
_NO_LOCKS = frozenset({"podium.lock", "gc.pid.lock"})
_OTHER_NAMES = ("packed-refs.new", "reftable/tables.list.lock")
_REFS = ("refs/heads", "refs/podium")
_OWN_REFS = ("refs/heads/podium/", "refs/podium/")


@dataclass(frozen=True)
class LockFile:
    """A lock file of git.

    Args:
        path: the file.
        is_own: whether it locks one of Podium's own refs or worktrees.
        state: file metadata that must be unchanged when it is removed.
        modified_at: its modification time, in seconds since the epoch.
        owner: the user that created it.
    """

    path: Path
    is_own: bool
    state: tuple[int, int, int]
    modified_at: float
    owner: int


@dataclass(frozen=True)
class KeptLock:
    """A lock file that is not removed, and why."""

    path: Path
    why: str
    is_held: bool
    may_end: bool
    """Whether the reason will go away by itself."""

    @property
    def hint(self) -> str:
        """Return a hint for the user."""
        if self.is_held:
            return "try again when it has finished"
        return f"rm {shlex.quote(str(self.path))}"


@dataclass(frozen=True)
class Sweep:
    """The lock files that were removed, and those that were not."""

    removed: tuple[Path, ...] = ()
    kept: tuple[KeptLock, ...] = ()


def sweep(git: Git, *, dry_run: bool = False) -> Sweep:
    """Remove the stale locks of a repository.

    Args:
        git: git in any worktree of the repository.
        dry_run: report only; remove nothing.

    Raises:
        OSError: a lock cannot be removed.
    """
    assert git.git_dir is not None
    common_dir = common_dir_of(git.git_dir)
    if dry_run:
        return _sweep(common_dir, git.folder, dry_run=True)
    if not any(_locks(common_dir)):
        command_marks.forget(command_marks.known_deaths(common_dir))
        return Sweep()
    with _sweeping(common_dir):
        return _sweep(common_dir, git.folder, dry_run=False)


async def wait_for_lock(git: Git, complaint: str) -> tuple[KeptLock, ...]:
    """Wait until the lock that stopped a command is free or stale, and remove stale locks.

    Args:
        git: git in any worktree of the repository.
        complaint: git's message, which contains the path of the lock.

    Returns: The lock, if it is still there.

    Raises:
        OSError: a lock cannot be removed.
    """
    kept: tuple[KeptLock, ...] = ()
    with anyio.move_on_after(_PATIENCE_SECONDS):
        while True:
            found = await anyio.to_thread.run_sync(partial(sweep, git))
            kept = tuple(each for each in found.kept if "/".join(each.path.parts[-2:]) in complaint)
            if not any(each.may_end for each in kept):
                return kept
            await anyio.sleep(_PAUSE_SECONDS)
    return kept


@contextmanager
def _sweeping(common_dir: Path) -> Generator[None]:
    """Let one process sweep at a time: another one could remove and retake a lock in between."""
    folder = common_dir / FOLDER
    folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
    fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        lock(fd)
        yield
    finally:
        os.close(fd)


def _sweep(common_dir: Path, folder: Path, *, dry_run: bool) -> Sweep:
    locks = list(_locks(common_dir))
    if not locks:
        return Sweep()
    deaths = command_marks.known_deaths(common_dir)
    living = living_processes(without=(os.getpid(),))
    places = _work_places(common_dir, folder)
    at_work = [each for each in living if _may_lock(each) and each.is_in(places)]
    removed: list[Path] = []
    kept: list[KeptLock] = []
    for each in locks:
        reason = _reason_to_keep(each, deaths, living, at_work)
        if reason is not None:
            kept.append(reason)
        elif dry_run or _remove(each):
            removed.append(each.path)
    if not kept and not dry_run:
        command_marks.forget(deaths)
    return Sweep(tuple(removed), tuple(kept))


def _reason_to_keep(
    found: LockFile,
    deaths: Deaths,
    living: Sequence[LivingProcess],
    at_work: Sequence[LivingProcess],
) -> KeptLock | None:
    """Return why a lock must be kept, or None if it is stale."""
    made_before = found.modified_at + _SLACK_SECONDS
    holders = [each for each in living if str(found.path) in each.files]
    holders += [each for each in at_work if each.started_at <= made_before]
    if holders:
        who = f"{holders[0].name} (process {holders[0].pid})"
        return KeptLock(found.path, f"{who} may hold it", is_held=True, may_end=True)
    if found.owner != os.geteuid():
        return KeptLock(found.path, "another user created it", is_held=False, may_end=False)
    if deaths.explain(found.modified_at):
        return None
    if not found.is_own:
        why = "no living process holds it, but Podium did not create it"
        return KeptLock(found.path, why, is_held=False, may_end=False)
    if time.time() - found.modified_at < _OLD_SECONDS:
        why = "it is only a few seconds old"
        return KeptLock(found.path, why, is_held=False, may_end=True)
    return None


def _remove(found: LockFile) -> bool:
    """Remove a lock unless it is no longer the one that was examined."""
    try:
        if _state(os.lstat(found.path)) != found.state:
            return False
        found.path.unlink()
    except FileNotFoundError:
        return False
    return True


def _locks(common_dir: Path) -> Iterator[LockFile]:
    """Yield the lock files of a repository and its worktrees."""
    for folder in (common_dir, *sorted(common_dir.glob("worktrees/*"))):
        is_own = (folder / "podium").exists()
        for name in sorted(_names(folder)):
            if name.endswith(".lock") and name not in _NO_LOCKS:
                yield from _lock_at(folder / name, is_own=is_own)
    for name in _OTHER_NAMES:
        yield from _lock_at(common_dir / name, is_own=False)
    for refs in _REFS:
        for where, _, names in os.walk(common_dir / refs):
            prefix = Path(where).relative_to(common_dir).as_posix() + "/"
            for name in sorted(names):
                if name.endswith(".lock"):
                    is_own = f"{prefix}{name}".startswith(_OWN_REFS)
                    yield from _lock_at(Path(where) / name, is_own=is_own)


def _lock_at(path: Path, *, is_own: bool) -> Iterator[LockFile]:
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    yield LockFile(path, is_own, _state(found), found.st_mtime, found.st_uid)


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_mtime_ns, found.st_size


def _names(folder: Path) -> Collection[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return ()


def _work_places(common_dir: Path, folder: Path) -> list[Path]:
    """Return the folders in which git works on this repository."""
    places = [common_dir, folder]
    if common_dir.name == ".git":
        places.append(common_dir.parent)
    for pointer in common_dir.glob("worktrees/*/gitdir"):
        with contextlib.suppress(OSError, ValueError):
            places.append(Path(pointer.read_text().strip()).parent)
    return [Path(os.path.realpath(each)) for each in places]


def _may_lock(process: LivingProcess) -> bool:
    """Return whether it is a git command that may hold a lock."""
    return process.name.startswith("git") and not process.only_reads
