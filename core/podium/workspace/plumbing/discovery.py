"""Finds the git program's version and the folders of a repository."""

import os
import re
from pathlib import Path

from podium.errors import GitError, NotARepository
from podium.workspace.plumbing.git import Git

OLDEST_GIT = (2, 38)


async def git_version(folder: Path) -> str:
    """Return the version of git used in `folder`, such as `2.39.5`.

    Raises:
        GitError: git is missing, or older than 2.38.
    """
    text = (await Git(folder).read("version")).text
    numbers = re.search(r"(\d+)\.(\d+)[.\d]*", text)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST_GIT:
        raise GitError(
            "Git is too old",
            why=f"found {text!r}, but merging without a working tree needs git 2.38 or newer",
            hints=["install a newer git: https://git-scm.com/downloads"],
        )
    return numbers[0]


async def find_folders(git: Git, folder: Path) -> tuple[Path, Path, Path]:
    """Return the top of the worktree, its Git directory and the common one, with symlinks resolved.

    Args:
        git: the git command.
        folder: any folder in the working tree.

    Raises:
        NotARepository: there is no working tree.
        GitError: git cannot be started.
    """
    asked = ("--is-inside-work-tree", "--absolute-git-dir", "--git-common-dir", "--show-toplevel")
    try:
        # One query per path, because a path may contain line breaks.
        inside, git_dir, common_dir = [
            (await git.read("rev-parse", question)).text for question in asked[:3]
        ]
    except GitError as error:
        if "not a git repository" not in error.why:
            raise
        raise NotARepository(
            f"{str(folder)!r} is not in a git repository",
            why="Podium works in git worktrees, so your own files stay untouched",
            hints=["git init && git add -A && git commit -m 'Start'"],
        ) from error
    if inside != "true":
        raise NotARepository(
            f"{str(folder)!r} is not in a working tree",
            why="it is a bare repository or a Git directory",
            hints=["run this in a clone of it"],
        )
    root = (await git.read("rev-parse", asked[3])).text
    return _real(root), _real(git_dir), _real(git.folder / common_dir)


def _real(path: str | Path) -> Path:
    return Path(os.path.realpath(path))
