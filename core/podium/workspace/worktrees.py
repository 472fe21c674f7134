"""Creates and removes git worktrees, one process at a time.

A mark file in a worktree's Git directory identifies it as Podium's. It is written last: a worktree
without a mark was left by a killed process and is recreated.
"""

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import anyio.to_thread

from podium.errors import GitError, InternalError
from podium.platform.machine import raise_refusal
from podium.platform.owned_files import make_folders
from podium.platform.user_folders import cache_folder
from podium.workspace import checkpoints
from podium.workspace.names import LOCK_NAME, check_branch, check_part
from podium.workspace.plumbing import inspection, references
from podium.workspace.plumbing.delete_tree import delete_tree
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.locks import exclusive
from podium.workspace.plumbing.programs import act
from podium.workspace.values import Checkpoint, Worktree

_MARK = "podium"
_OLD_SECONDS = 60.0
"""Age after which a worktree entry without a path counts as abandoned."""

_REMOVED = ".removed"
"""The suffix of a folder that is being deleted."""

_HALF_MADE = "being created by Podium"
_UNFINISHED = ("initializing", _HALF_MADE)
"""The reason stored in git's lock on a worktree while it is being created."""

_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")


def folder_for(common_dir: Path, cache: Path, parts: Sequence[str]) -> Path:
    """Return the folder of the worktree named `parts`: in the user's cache, per repository.

    Args:
        common_dir: the common Git directory of the repository.
        cache: Podium's cache folder.
        parts: one or more names, one per level.
    """
    home = common_dir.parent if common_dir.name == ".git" else common_dir
    name = _UNUSUAL.sub("-", home.name).strip("-.") or "repository"
    digest = hashlib.sha256(os.fsencode(common_dir)).hexdigest()[:8]
    return cache.joinpath("worktrees", f"{name[:40]}-{digest}", *map(check_part, parts))


async def add(git: Git, common_dir: Path, folder: Path, branch: str | None, base: str) -> Worktree:
    """Create a worktree, or return the existing one with its contents.

    Args:
        git: git in the user's repository.
        common_dir: the common Git directory of the repository.
        folder: an absolute path to an empty or missing folder.
        branch: one of Podium's branches; an existing branch does not move. None for a detached
            worktree.
        base: the commit where a new branch or a detached HEAD starts.

    Raises:
        GitError: the folder is a worktree for something else, or git cannot create it.
        WriteConflict: the branch moved at the same time.
    """
    if not folder.is_absolute():
        raise InternalError(f"A worktree needs an absolute folder, not {str(folder)!r}")
    if branch is not None:
        check_branch(branch)
    start = base if inspection.is_commit_id(base) else await inspection.resolve(git, base)
    async with exclusive(common_dir / LOCK_NAME) as lock:
        present = _find(common_dir, folder)
        if present is not None and _may_be_kept(present, branch):
            return _repaired(present, branch)
        if present is not None:
            await _discard(present)
        await _make_room(common_dir, folder, branch)
        return await _make(git, common_dir, folder, branch, start, lock)


async def remove(common_dir: Path, worktree: Worktree) -> Checkpoint | None:
    """Remove a worktree and its folder, but not its branch.

    Returns:
        The checkpoint of uncommitted work, or None if there was none.
    """
    async with exclusive(common_dir / LOCK_NAME):
        entry = _find(common_dir, worktree.folder)
        if entry is None:
            return None
        if not entry.is_owned:
            raise _not_podiums(worktree.folder)
        rescued = await checkpoints.rescue(entry.git) if entry.is_whole else None
        await _discard(entry)
        return rescued


@dataclass(frozen=True)
class Remains:
    """Remains of worktrees whose creation or removal was interrupted.

    Args:
        folders: renamed folders, and worktrees that git had not finished.
        entries: Git directories of worktrees that no longer exist.
    """

    folders: tuple[Path, ...] = ()
    entries: tuple[Path, ...] = ()


def find_remains(common_dir: Path, cache: Path) -> Remains:
    """Return the remains of Podium's worktrees without changing anything."""
    home = folder_for(common_dir, cache, ())
    removed = tuple(sorted(home.glob(f"*/*{_REMOVED}")))
    half = [entry for entry in _entries(common_dir) if entry.is_half_made]
    gone = [entry for entry in _entries(common_dir) if entry.is_owned and not entry.has_folder]
    nameless = [each for each in _nameless(common_dir) if _age(each) > _OLD_SECONDS]
    entries = dict.fromkeys([*(entry.git_dir for entry in (*half, *gone)), *nameless])
    folders = [entry.folder for entry in half if entry.has_folder]
    return Remains((*removed, *folders), tuple(entries))


async def remove_remains(common_dir: Path, cache: Path) -> None:
    """Remove the remains, while no other process creates or removes worktrees."""
    async with exclusive(common_dir / LOCK_NAME):
        found = await anyio.to_thread.run_sync(find_remains, common_dir, cache)
        # A git process started by Podium holds the lock while it runs.
        ours = [each for each in _nameless(common_dir) if _read(each / "locked") == _HALF_MADE]
        for folder in dict.fromkeys((*found.entries, *found.folders, *ours)):
            await anyio.to_thread.run_sync(delete_tree, folder)


def _nameless(common_dir: Path) -> list[Path]:
    """Return the Git directories of worktrees whose path git had not yet written."""
    home = f"{common_dir}/worktrees"
    try:
        names = sorted(os.listdir(home))
    except FileNotFoundError:
        return []
    return [
        Path(home, name)
        for name in names
        if not _read(f"{home}/{name}/gitdir")
        and _read(f"{home}/{name}/locked") in ("", "initializing", _HALF_MADE)
    ]


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def mark(worktree: Worktree, branch: str | None) -> Worktree:
    """Record which branch a worktree is for (None for none), and return the worktree."""
    entry = _Entry(worktree.folder, worktree.git_dir, None)
    _write_mark(entry, branch)
    return Worktree(worktree.folder, branch, worktree.git_dir)


async def rescue(worktree: Worktree) -> Checkpoint | None:
    """Save a worktree's uncommitted work; return its checkpoint, or None if there was none."""
    return await checkpoints.rescue(git_at(worktree))


async def discard(common_dir: Path, folder: Path) -> None:
    """Remove one of Podium's worktrees with everything in it; it may already be gone."""
    async with exclusive(common_dir / LOCK_NAME):
        entry = _find(common_dir, folder)
        if entry is not None and entry.is_owned:
            await _discard(entry)


def open_at(common_dir: Path, folder: Path) -> Worktree:
    """Return Podium's worktree at `folder`.

    Raises:
        GitError: there is none, or Podium did not create it.
    """
    entry = _find(common_dir, folder)
    if entry is None or not entry.is_whole:
        raise _not_podiums(folder)
    return entry.worktree


def folders(common_dir: Path) -> frozenset[Path]:
    """Return the folders of all worktrees that git knows, including those that are gone."""
    return frozenset(entry.folder for entry in _entries(common_dir))


def list_all(common_dir: Path, of: Callable[[str], bool] | None = None) -> tuple[Worktree, ...]:
    """Return Podium's worktrees, sorted by folder.

    Args:
        common_dir: the common Git directory of the repository.
        of: returns whether a branch's worktree is wanted; by default all worktrees are returned.
    """
    found = (entry.worktree for entry in _entries(common_dir, of=of) if entry.is_whole)
    return tuple(sorted(found, key=lambda worktree: worktree.folder))


def is_present(common_dir: Path, folder: Path, branch: str) -> bool:
    """Return whether Podium's worktree for a branch is at `folder`."""
    entry = _find(common_dir, folder)
    return entry is not None and entry.mark == branch and entry.is_whole


def git_at(worktree: Worktree) -> Git:
    """Return the git command for a worktree."""
    return Git(worktree.folder, worktree.git_dir)


@dataclass(frozen=True)
class _Entry:
    """A worktree in git's administrative files, whether or not its folder exists.

    Args:
        folder: its path.
        git_dir: its Git directory.
        mark: the branch for which it was created, empty if detached; None if it has no mark.
    """

    folder: Path
    git_dir: Path
    mark: str | None

    @property
    def is_whole(self) -> bool:
        return self.mark is not None and self.folder.is_dir() and not self.is_of_another

    @property
    def is_of_another(self) -> bool:
        """Return whether the folder belongs to another repository, of which this one is a copy.

        Then both sides say so. A link that leads anywhere else was changed by a task.
        """
        word, _, place = _read(f"{self.folder}/.git").partition(": ")
        # As git writes it; resolving symlinks takes much longer.
        if word != "gitdir" or place == str(self.git_dir):
            return False
        if os.path.realpath(place) == os.path.realpath(self.git_dir):
            return False
        named = _read(os.path.join(place, "gitdir"))
        return os.path.realpath(named) == os.path.realpath(self.folder / ".git")

    @property
    def has_folder(self) -> bool:
        return self.folder.exists() and not self.is_of_another

    @property
    def is_half_made(self) -> bool:
        """Return whether its creation was interrupted: it is locked until it is complete."""
        return self.mark is None and _read(self.git_dir / "locked") in _UNFINISHED

    @property
    def is_owned(self) -> bool:
        return self.mark is not None or self.is_half_made

    @property
    def head(self) -> str:
        """Return the content of its HEAD; empty if git was stopped before writing it."""
        return _read(self.git_dir / "HEAD")

    @property
    def worktree(self) -> Worktree:
        return Worktree(self.folder, self.mark or None, self.git_dir)

    @property
    def git(self) -> Git:
        return Git(self.folder, self.git_dir)


def _entries(
    common_dir: Path, name: str = "", of: Callable[[str], bool] | None = None
) -> Iterator[_Entry]:
    """Yield git's worktrees; with a name, only those whose folder has it; with `of`, by branch."""
    home = f"{common_dir}/worktrees"
    with contextlib.suppress(FileNotFoundError):
        for each in sorted(os.listdir(home)):
            git_dir = f"{home}/{each}"
            mark = _read_if_there(f"{git_dir}/{_MARK}")
            if of is not None and not (mark and of(mark)):
                continue
            folder = os.path.dirname(_read(f"{git_dir}/gitdir"))
            if folder and (not name or os.path.basename(folder) == name):
                yield _Entry(Path(git_dir, folder), Path(git_dir), mark)


def _find(common_dir: Path, folder: Path) -> _Entry | None:
    # Git gives the entry the name of the folder, unless that is taken.
    likely = f"{common_dir}/worktrees/{folder.name}"
    if _read(f"{likely}/gitdir") == f"{folder}/.git":
        return _Entry(folder, Path(likely), _read_if_there(f"{likely}/{_MARK}"))
    wanted = os.path.realpath(folder)
    same = (
        each
        for each in _entries(common_dir, folder.name)
        if os.path.realpath(each.folder) == wanted
    )
    return next(same, None)


def _may_be_kept(present: _Entry, branch: str | None) -> bool:
    """Return whether the existing worktree is the requested one; if False, it may be removed.

    Raises:
        GitError: Podium did not create it, or it is for another branch.
    """
    wanted = f"ref: {references.BRANCHES}{branch}" if branch else ""
    if present.mark is not None:
        if present.mark != (branch or ""):
            raise _occupied(present, f"it is a worktree for {present.mark or 'no branch'}")
        return present.folder.is_dir()
    if present.is_half_made:
        return False
    # Git had finished, but the process was killed before it wrote the mark.
    if present.head == wanted or not (branch or present.head.startswith("ref: ")):
        return present.folder.is_dir()
    raise _occupied(present, "it is a worktree that Podium did not create")


def _not_podiums(folder: Path) -> GitError:
    return GitError(
        f"{str(folder)!r} is not a Podium worktree",
        why="Podium changes files only in worktrees that it created",
    )


def _occupied(present: _Entry, why: str) -> GitError:
    return GitError(
        f"{str(present.folder)!r} is already in use",
        why=why,
        hints=[f"git worktree remove {present.folder}, if it is no longer needed"],
    )


def _repaired(present: _Entry, branch: str | None) -> Worktree:
    """Restore a worktree's mark and its link to the repository, and return it."""
    pointer = present.folder / ".git"
    if not os.path.lexists(pointer):
        pointer.write_text(f"gitdir: {present.git_dir}\n")
    return _marked(present, branch)


def _marked(entry: _Entry, branch: str | None) -> Worktree:
    if not (entry.git_dir / _MARK).exists():
        _write_mark(entry, branch)
    locked = entry.git_dir / "locked"
    if _read(locked) == _HALF_MADE:
        locked.unlink()
    return Worktree(entry.folder, branch, entry.git_dir)


def _write_mark(entry: _Entry, branch: str | None) -> None:
    unfinished = entry.git_dir / f"{_MARK}.new"
    unfinished.write_text(f"{branch or ''}\n")
    unfinished.replace(entry.git_dir / _MARK)


async def _make_room(common_dir: Path, folder: Path, branch: str | None) -> None:
    """Release a branch whose worktree folder is gone; refuse a folder unknown to git."""
    for entry in tuple(_entries(common_dir, of=lambda mark: mark == branch)):
        if not entry.has_folder:
            await _discard(entry)
    await _remove_nameless(common_dir, folder)
    if not _is_free(folder):
        raise GitError(
            f"{str(folder)!r} is already in use",
            why="it contains files that do not belong to a worktree of this repository",
            hints=[f"check what is in it, then mv {folder} {folder}.aside"],
        )


def _is_free(folder: Path) -> bool:
    return not os.path.lexists(folder) or (folder.is_dir() and not any(folder.iterdir()))


async def _make(
    git: Git, common_dir: Path, folder: Path, branch: str | None, start: str, lock: int
) -> Worktree:
    cache = cache_folder()
    make_folders(folder.parent, root=cache if cache in folder.parents else None)
    if branch is None:
        await _run_add(git, common_dir, folder, lock, "--detach", str(folder), start)
    elif await _make_with_branch(git, common_dir, folder, branch, start, lock):
        return replace(_marked(_entry_at(common_dir, folder), branch), is_new=True)
    else:
        if await inspection.find_commit(git, references.BRANCHES + branch) is None:
            await references.create_branch(git, branch, start)
        await _run_add(git, common_dir, folder, lock, str(folder), branch)
    return _marked(_entry_at(common_dir, folder), branch)


async def _make_with_branch(
    git: Git, common_dir: Path, folder: Path, branch: str, start: str, lock: int
) -> bool:
    """Create a worktree and its branch with one process fewer than `git worktree add` alone.

    Until it is complete, git's own lock on it shows that it is being created.

    Returns:
        False if there is no worktree, because the branch exists or cannot be created.
    """
    options = ("--no-checkout", "--detach", "--lock", "--reason", _HALF_MADE)
    await _run_add(git, common_dir, folder, lock, *options, str(folder), start)
    entry = _entry_at(common_dir, folder)
    checkout = ("checkout", "--quiet", "--force", "--no-recurse-submodules", "-b", branch)
    done = await act(entry.git, *checkout, accept=range(256), inherit_fds=(lock,))
    if done.code != 0:
        await _discard(entry)
    return done.code == 0


async def _run_add(git: Git, common_dir: Path, folder: Path, lock: int, *arguments: str) -> None:
    try:
        await act(git, "worktree", "add", "--quiet", *arguments, inherit_fds=(lock,))
    except GitError:
        await _remove_unfinished(common_dir, folder)
        raise


def _entry_at(common_dir: Path, folder: Path) -> _Entry:
    entry = _find(common_dir, folder)
    assert entry is not None, "git worktree add leaves an entry"
    return entry


async def _remove_unfinished(common_dir: Path, folder: Path) -> None:
    """Remove the leftovers of a failed `git worktree add`, while this process holds the lock."""
    entry = _find(common_dir, folder)
    if entry is not None and entry.is_half_made:
        await _discard(entry)
    await _remove_nameless(common_dir, folder)
    with contextlib.suppress(OSError):
        # Only succeeds if it is empty.
        await anyio.to_thread.run_sync(folder.rmdir)


async def _remove_nameless(common_dir: Path, folder: Path) -> None:
    """Remove what an interrupted `git worktree add` created for this worktree, by its name."""
    for each in _nameless(common_dir):
        # Git appends a number to the folder's name if it is taken.
        if each.name.rstrip("0123456789") == folder.name.rstrip("0123456789"):
            await anyio.to_thread.run_sync(delete_tree, each)


async def _discard(entry: _Entry) -> None:
    """Remove a worktree, in an order that can be resumed after a kill."""
    doomed = entry.folder.with_name(f"{entry.folder.name}{_REMOVED}")
    if entry.is_of_another:
        await anyio.to_thread.run_sync(_delete_in_turn, entry.git_dir)
        return
    if _is_there(doomed):
        await anyio.to_thread.run_sync(_delete_in_turn, doomed)
    if entry.folder.exists():
        entry.folder.rename(doomed)
    await anyio.to_thread.run_sync(_delete_in_turn, entry.git_dir, doomed)


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)


def _delete_in_turn(*folders: Path) -> None:
    for each in folders:
        delete_tree(each)


def _read(path: Path | str) -> str:
    return _read_if_there(path) or ""


def _read_if_there(path: Path | str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().rstrip("\n")
    except OSError as error:
        raise_refusal(error)
        return None
