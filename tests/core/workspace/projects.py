"""Short ways to what the tests of this folder need."""

import os
from pathlib import Path

from podium.workspace.repository import Repository
from podium.workspace.values import Worktree
from tests.support.repositories import git, write_files

BRANCH = "podium/p-1/t1"
OTHER_BRANCH = "podium/p-1/t2"


async def opened(root: Path) -> Repository:
    """Return the repository, its worktrees in a cache beside it."""
    return await Repository.discover(root, cache=root.parent / "cache")


async def added(repository: Repository, branch: str = BRANCH, base: str = "HEAD") -> Worktree:
    """Make the worktree of a branch where it belongs."""
    folder = repository.worktree_folder(*branch.split("/")[1:])
    return await repository.add_worktree(folder, branch, base)


def dirty(root: Path) -> None:
    """Leave every kind of local change in the fixture's repository."""
    write_files(root, {"a.txt": "staged\n", "new-staged.txt": "new\n"})
    git(root, "add", "a.txt", "new-staged.txt")
    write_files(
        root,
        {
            "a.txt": "staged, then changed\n",
            "b.txt": "unstaged\n",
            "untracked file.txt": "untracked\n",
            "folder/also.txt": "untracked\n",
            "debug.log": "ignored\n",
            "build/out": "ignored\n",
        },
    )
    (root / "src" / "c.py").unlink()
    # Touched but not changed: git would like to note that in the index.
    os.utime(root / ".gitignore", (1, 1))
