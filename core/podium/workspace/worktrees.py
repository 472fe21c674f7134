"""Makes and removes git worktrees, one process at a time; must not know what is done in them.

A worktree counts as Podium's once a mark lies in git's own folder for it. The mark is written last:
what has none is the leftover of a killed process and is made anew.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from podium.errors import GitError, InternalError
from podium.platform.filesystem import LocalFileSystem
from podium.ports.filesystem import PRIVATE_FOLDER
from podium.workspace import checkpoints
from podium.workspace.names import LOCK_NAME, check_branch, check_part
from podium.workspace.plumbing import inspection, references
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.locks import exclusive
from podium.workspace.plumbing.programs import act
from podium.workspace.values import Checkpoint, Worktree

_MARK = "podium"
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")


def folder_for(common_dir: Path, cache: Path, parts: Sequence[str]) -> Path:
    """Return where the worktree called `parts` belongs: in the user's cache, per repository.

    Args:
        common_dir: git's folder, which all worktrees of a repository share.
        cache: Podium's cache folder.
        parts: one or more names, each a folder.
    """
    home = common_dir.parent if common_dir.name == ".git" else common_dir
    name = _UNUSUAL.sub("-", home.name).strip("-.") or "repository"
    digest = hashlib.sha256(os.fsencode(common_dir)).hexdigest()[:8]
    return cache.joinpath("worktrees", f"{name[:40]}-{digest}", *map(check_part, parts))


async def add(git: Git, common_dir: Path, folder: Path, branch: str | None, base: str) -> Worktree:
    """Make a worktree, or return the one that is there already, with all that it holds.

    Args:
        git: at the user's repository.
        common_dir: git's folder, which all worktrees of a repository share.
        folder: where, absolute; empty, or not there yet.
        branch: one of Podium's; when it exists already it stays where it is. None: detached.
        base: the commit where a new branch, or a detached HEAD, starts.

    Raises:
        GitError: the folder is a worktree for something else, or git cannot make it.
        WriteConflict: the branch moved in the same moment.
    """
    if not folder.is_absolute():
        raise InternalError(f"A worktree needs an absolute folder, not {str(folder)!r}")
    if branch is not None:
        check_branch(branch)
    start = await inspection.resolve(git, base)
    async with exclusive(common_dir / LOCK_NAME) as lock:
        present = _find(common_dir, folder)
        if present is not None and _may_be_kept(present, branch):
            return _mended(present, branch)
        if present is not None:
            await _discard(present)
        await _make_room(common_dir, folder, branch)
        return await _make(git, common_dir, folder, branch, start, lock)


async def remove(common_dir: Path, worktree: Worktree) -> Checkpoint | None:
    """Remove a worktree and its folder; its branch stays.

    Returns:
        Where uncommitted work is kept, or None when there was none.
    """
    async with exclusive(common_dir / LOCK_NAME):
        entry = _find(common_dir, worktree.folder)
        if entry is None:
            return None
        if not entry.is_podiums:
            raise _not_podiums(worktree.folder)
        rescued = await checkpoints.rescue(entry.git) if entry.is_whole else None
        await _discard(entry)
        return rescued


def open_at(common_dir: Path, folder: Path) -> Worktree:
    """Return Podium's worktree at `folder`.

    Raises:
        GitError: there is none, or it was not made by Podium.
    """
    entry = _find(common_dir, folder)
    if entry is None or not entry.is_whole:
        raise _not_podiums(folder)
    return entry.worktree


def list_all(common_dir: Path) -> tuple[Worktree, ...]:
    """Return Podium's worktrees, sorted by folder."""
    found = (entry.worktree for entry in _entries(common_dir) if entry.is_whole)
    return tuple(sorted(found, key=lambda worktree: worktree.folder))


def git_at(worktree: Worktree) -> Git:
    """Return the git command at a worktree."""
    return Git(worktree.folder, worktree.git_dir)


@dataclass(frozen=True)
class _Entry:
    """A worktree as git has it on its books, whether the folder is there or not.

    Args:
        folder: where it belongs.
        git_dir: git's own folder for it.
        mark: the branch it was made for, empty for a detached one; None when it is not marked.
    """

    folder: Path
    git_dir: Path
    mark: str | None

    @property
    def is_whole(self) -> bool:
        return self.mark is not None and self.folder.is_dir()

    @property
    def is_half_made(self) -> bool:
        """Tell whether git was stopped while making it: it locks what it makes."""
        return self.mark is None and _read(self.git_dir / "locked") == "initializing"

    @property
    def is_podiums(self) -> bool:
        return self.mark is not None or self.is_half_made

    @property
    def head(self) -> str:
        """Return the text of its HEAD, empty when git was stopped before it wrote one."""
        return _read(self.git_dir / "HEAD")

    @property
    def worktree(self) -> Worktree:
        return Worktree(self.folder, self.mark or None, self.git_dir)

    @property
    def git(self) -> Git:
        return Git(self.folder, self.git_dir)


def _entries(common_dir: Path) -> Iterator[_Entry]:
    for pointer in sorted(common_dir.glob("worktrees/*/gitdir")):
        target = _read(pointer)
        if target:
            git_dir = pointer.parent
            mark = git_dir / _MARK
            text = _read(mark) if mark.exists() else None
            yield _Entry((git_dir / target).parent, git_dir, text)


def _find(common_dir: Path, folder: Path) -> _Entry | None:
    wanted = os.path.realpath(folder)
    same = (each for each in _entries(common_dir) if os.path.realpath(each.folder) == wanted)
    return next(same, None)


def _may_be_kept(present: _Entry, branch: str | None) -> bool:
    """Tell whether what is there is the worktree that is asked for; if not, it may be removed.

    Raises:
        GitError: neither: it is somebody else's, or for another branch.
    """
    wanted = f"ref: {references.BRANCHES}{branch}" if branch else ""
    if present.mark is not None:
        if present.mark != (branch or ""):
            raise _occupied(present, f"it is the worktree of {present.mark or 'no branch'}")
        return present.folder.is_dir()
    if present.is_half_made:
        return False
    # Git had finished, but the process was killed before it could leave the mark.
    if present.head == wanted or not (branch or present.head.startswith("ref: ")):
        return present.folder.is_dir()
    raise _occupied(present, "it is a worktree that Podium did not make")


def _not_podiums(folder: Path) -> GitError:
    return GitError(
        f"{str(folder)!r} is not a worktree of Podium's",
        why="Podium changes files only in worktrees that it made itself",
    )


def _occupied(present: _Entry, why: str) -> GitError:
    return GitError(
        f"{str(present.folder)!r} is taken",
        why=why,
        hints=[f"git worktree remove {present.folder}, when it is no longer needed"],
    )


def _mended(present: _Entry, branch: str | None) -> Worktree:
    """Return a worktree with its mark and its way back to the repository in place."""
    pointer = present.folder / ".git"
    if not os.path.lexists(pointer):
        pointer.write_text(f"gitdir: {present.git_dir}\n")
    return _marked(present, branch)


def _marked(entry: _Entry, branch: str | None) -> Worktree:
    mark = entry.git_dir / _MARK
    if not mark.exists():
        unfinished = entry.git_dir / f"{_MARK}.new"
        unfinished.write_text(f"{branch or ''}\n")
        unfinished.replace(mark)
    return Worktree(entry.folder, branch, entry.git_dir)


async def _make_room(common_dir: Path, folder: Path, branch: str | None) -> None:
    """Release a branch whose worktree's folder is gone; refuse a folder that git does not know."""
    for entry in tuple(_entries(common_dir)):
        if branch is not None and entry.mark == branch and not entry.folder.exists():
            await _discard(entry)
    if not _is_free(folder):
        raise GitError(
            f"{str(folder)!r} is taken",
            why="files are there that belong to no worktree of this repository",
            hints=[f"mv {folder} {folder}.aside, after a look at what is in it"],
        )


def _is_free(folder: Path) -> bool:
    return not os.path.lexists(folder) or (folder.is_dir() and not any(folder.iterdir()))


async def _make(
    git: Git, common_dir: Path, folder: Path, branch: str | None, start: str, lock: int
) -> Worktree:
    LocalFileSystem().makedirs(str(folder.parent))
    if branch is None:
        place = ["--detach", str(folder), start]
    else:
        place = [str(folder), branch]
        if await inspection.find_commit(git, references.BRANCHES + branch) is None:
            await references.create_branch(git, branch, start)
    await act(git, "worktree", "add", "--quiet", *place, inherit_fds=(lock,))
    entry = _find(common_dir, folder)
    assert entry is not None, "git worktree add leaves an entry"
    return _marked(entry, branch)


async def _discard(entry: _Entry) -> None:
    """Remove a worktree, in an order that can be taken up again after a kill."""
    doomed = entry.folder.with_name(f"{entry.folder.name}.removed")
    await anyio.to_thread.run_sync(_delete_tree, doomed)
    if entry.folder.exists():
        entry.folder.rename(doomed)
    await anyio.to_thread.run_sync(_delete_tree, entry.git_dir)
    await anyio.to_thread.run_sync(_delete_tree, doomed)


def _delete_tree(folder: Path) -> None:
    """Delete a folder, read-only folders in it included (Go's module cache has them)."""
    if not os.path.lexists(folder):
        return
    for where, _, _ in os.walk(folder):
        os.chmod(where, PRIVATE_FOLDER)
    shutil.rmtree(folder)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "surrogateescape").rstrip("\n")
    except OSError:
        return ""
