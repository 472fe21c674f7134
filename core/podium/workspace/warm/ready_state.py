"""Stores the state of a warm worktree when a task begins, in a file beside the worktree.

A copy of git's index at that time is stored with it, because a task may change the index.
"""

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from podium.errors import PodiumError
from podium.platform.owned_files import open_file
from podium.workspace.warm.listing import Listing

_VERSION = 2
READY, INDEX, FREE, LOCK = ".ready", ".index", ".free", ".lock"
SUFFIXES = (READY, INDEX, FREE, LOCK)
"""Suffixes of the files beside a worktree; each file is named after the worktree's folder."""


@dataclass(frozen=True)
class ReadyState:
    """The state in which a worktree was made ready for a task.

    Args:
        base: the commit that it is at.
        checkout: the key of how git writes files; if it changes, a new worktree is needed.
        setup: the key of the set-up commands, on which the folders to keep depend.
        steps: the key of all steps that prepared it.
        listing: its files.
        made: the paths that the steps created, changed or removed; folders end with a slash.
    """

    base: str
    checkout: str
    setup: str
    steps: str
    listing: Listing
    made: tuple[str, ...] = field(default=())


def beside(worktree: Path, suffix: str) -> Path:
    """Return the path of one of the files beside a worktree."""
    return worktree.with_name(f"{worktree.name}{suffix}")


def save(worktree: Path, state: ReadyState, index: Path, *, root: Path) -> None:
    """Save the state of a worktree, the index first.

    Args:
        worktree: its folder.
        state: the state.
        index: git's index.
        root: the cache folder.
    """
    copy_index(index, beside(worktree, INDEX), root=root)
    document = {
        "version": _VERSION,
        "base": state.base,
        "checkout": state.checkout,
        "setup": state.setup,
        "steps": state.steps,
        "at": state.listing.at,
        "files": state.listing.files,
        "folders": state.listing.folders,
        "made": state.made,
    }
    _replace(beside(worktree, READY), json.dumps(document).encode(), root)


def load(worktree: Path, *, root: Path) -> ReadyState | None:
    """Return the saved state of a worktree, or None if there is none or it is unreadable."""
    try:
        fd = open_file(beside(worktree, READY), os.O_RDONLY, root=root)
        with open(fd, "rb") as file:
            found: dict[str, Any] = json.loads(file.read())
        if found["version"] != _VERSION:
            return None
        return ReadyState(
            base=found["base"],
            checkout=found["checkout"],
            setup=found["setup"],
            steps=found["steps"],
            listing=Listing(
                files=found["files"],
                folders={path: (mode, at) for path, (mode, at) in found["folders"].items()},
                at=found["at"],
            ),
            made=tuple(found["made"]),
        )
    except (OSError, PodiumError, ValueError, KeyError, TypeError):
        return None


def copy_index(source: Path, target: Path, *, root: Path | None = None) -> None:
    """Replace an index with a copy of another, including its modification time.

    Git rereads a file that changed in the same clock tick in which the index was written: a copy
    with a newer time would hide such a change.
    """
    new = target.with_name(f"{target.name}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with source.open("rb") as data, open(open_file(new, flags, root=root), "wb") as copy:
        times = os.fstat(data.fileno())
        shutil.copyfileobj(data, copy)
        copy.flush()
        os.fchmod(copy.fileno(), times.st_mode & 0o777)
        os.utime(copy.fileno(), ns=(times.st_atime_ns, times.st_mtime_ns))
    new.replace(target)


def _replace(path: Path, content: bytes, root: Path) -> None:
    # Not synced: at worst it is incomplete after a power loss, and the worktree is recreated.
    new = path.with_name(f"{path.name}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with open(open_file(new, flags, root=root), "wb") as file:
        file.write(content)
    new.replace(path)
