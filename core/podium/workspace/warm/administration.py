"""Resets a worktree's Git directory, which a task may have changed in any way."""

import os
import re
import stat
from pathlib import Path

from podium.workspace.plumbing.delete_tree import delete_tree

_KEPT = frozenset({"HEAD", "commondir", "gitdir", "index", "logs", "podium"})
_HEAD = re.compile(r"(ref: refs/heads/\S+|[0-9a-f]{40}|[0-9a-f]{64})\n?")
_LOGS = frozenset({"HEAD"})


def is_ordinary(git_dir: Path) -> bool:
    """Return whether a worktree that was just created has no settings, refs or patterns of its own.

    Git copies those of the user's checkout, for instance if it is a sparse checkout.
    """
    names = {each.name for each in git_dir.iterdir()}
    return not names & {"config.worktree", "reftable"} and not any(git_dir.glob("info/*"))


def reset(git_dir: Path, folder: Path) -> bool:
    """Remove everything that a new worktree does not have: operations, settings, modules, hooks.

    Returns:
        False if files that git needs are damaged; the worktree then cannot be reused.
    """
    if not _is_sound(git_dir, folder):
        return False
    for each in sorted(git_dir.iterdir()):
        if each.name not in _KEPT:
            _delete(each)
    logs = git_dir / "logs"
    if logs.is_symlink() or not logs.is_dir():
        _delete(logs)
    else:
        for each in sorted(logs.iterdir()):
            if each.name not in _LOGS or not _is_file(each):
                _delete(each)
    _restore_link(git_dir, folder)
    return True


def _is_sound(git_dir: Path, folder: Path) -> bool:
    try:
        if not all(_is_file(git_dir / name) for name in ("HEAD", "commondir", "gitdir", "podium")):
            return False
        pointer = (git_dir / "gitdir").read_text().rstrip("\n")
        common = (git_dir / "commondir").read_text().rstrip("\n")
        head = (git_dir / "HEAD").read_text()
    except (OSError, ValueError):
        return False
    is_here = os.path.realpath(git_dir / pointer) == os.path.realpath(folder / ".git")
    return is_here and common == "../.." and _HEAD.fullmatch(head) is not None


def _restore_link(git_dir: Path, folder: Path) -> None:
    """Restore the file in the worktree that points to its Git directory."""
    link = folder / ".git"
    _delete(link)
    link.write_bytes(os.fsencode(f"gitdir: {git_dir}\n"))


def _is_file(path: Path) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        delete_tree(path)
    else:
        path.unlink(missing_ok=True)
