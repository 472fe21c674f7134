"""What a warm worktree contains when a task begins: a file beside the worktree.

With it goes a copy of git's index at that time, because a task may write the index as it likes.
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
"""What is beside a worktree, each with the name of its folder."""


@dataclass(frozen=True)
class ReadyState:
    """The state in which a worktree was given out.

    Args:
        base: the commit that it has.
        checkout: what decides how git writes files; another value needs a new worktree.
        setup: the key of the set-up commands, on which the folders to keep depend.
        steps: the key of all steps that prepared it.
        listing: its files.
        made: what the steps made, changed or removed; folders end with a slash.
    """

    base: str
    checkout: str
    setup: str
    steps: str
    listing: Listing
    made: tuple[str, ...] = field(default=())


def beside(worktree: Path, suffix: str) -> Path:
    """Return the path of one of the files that belong to a worktree."""
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
    """Return the saved state of a worktree, or None if there is none that can be read."""
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
    """Replace an index with another one, with its modification time.

    Git reads a file again that changed in the same tick as the index was written: a copy with a
    newer time would hide such a change.
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
    # Not synced: after a power loss it is incomplete at worst, and the worktree is made again.
    new = path.with_name(f"{path.name}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with open(open_file(new, flags, root=root), "wb") as file:
        file.write(content)
    new.replace(path)
