"""Fills the LFS files of a worktree from the repository's own objects, without network access.

If git-lfs is enabled in the user's own settings, git has filled them already. A filter that only
the repository's settings define is disabled, so its files are filled here.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from podium.workspace.plumbing.git import Git
from podium.workspace.repository import Repository
from podium.workspace.values import Worktree

_ATTRIBUTES = ".gitattributes"
_MOST_BYTES = 1024
"""Maximum size of a pointer file."""

_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\n"
)


@dataclass(frozen=True)
class Pointer:
    """A pointer file, which names the content to fetch."""

    path: str
    object_id: str


async def pointers(worktree: Worktree) -> tuple[Pointer, ...]:
    """Return the files of a worktree that are still LFS pointers."""
    attributes = worktree.folder / _ATTRIBUTES
    if not _exists(attributes) or not await anyio.to_thread.run_sync(_has_lfs, attributes):
        return ()
    git = Git(worktree.folder, worktree.git_dir)
    listed = await git.read("ls-files", "-z", "--", ":(attr:filter=lfs)")
    return await anyio.to_thread.run_sync(_pointers, worktree.folder, listed.fields)


def _exists(path: Path) -> bool:
    return os.path.exists(path)


def _has_lfs(attributes: Path) -> bool:
    try:
        return b"filter=lfs" in attributes.read_bytes()
    except OSError:
        return False


def _pointers(top: Path, paths: list[str]) -> tuple[Pointer, ...]:
    found: list[Pointer] = []
    for path in paths:
        place = top / path
        if place.is_symlink() or not place.is_file() or place.stat().st_size > _MOST_BYTES:
            continue
        if (match := _POINTER.match(place.read_bytes())) is not None:
            found.append(Pointer(path, match[1].decode()))
    return tuple(found)


def fill(
    repository: Repository, worktree: Worktree, found: tuple[Pointer, ...]
) -> tuple[Pointer, ...]:
    """Write the contents of files; return those whose contents the repository does not have."""
    left: list[Pointer] = []
    for each in found:
        name = each.object_id
        folder = repository.git_common_dir / "lfs" / "objects" / name[:2] / name[2:4]
        source, target = folder / name, worktree.folder / each.path
        if source.is_symlink() or not source.is_file():
            left.append(each)
            continue
        mode = target.stat().st_mode & 0o777
        target.unlink()
        target.write_bytes(source.read_bytes())
        target.chmod(mode)
    return tuple(left)
