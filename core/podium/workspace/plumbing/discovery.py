"""Finds the git program's version and the folders of a repository."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from podium.errors import GitError, NotARepository
from podium.workspace.plumbing.git import Git

OLDEST_GIT = (2, 38)
_QUESTIONS = ("--is-inside-work-tree", "--absolute-git-dir", "--git-common-dir", "--show-toplevel")
_REFUSED = 128


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
    try:
        inside, git_dir, common_dir, root = await _ask_at_once(git) or await _ask_one_by_one(git)
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
    return _real(root), _real(git_dir), _real(git.folder / common_dir)


async def _ask_at_once(git: Git) -> Sequence[str] | None:
    """Return the answers to `_QUESTIONS`; None if git refuses one or a path has line breaks."""
    output = await git.read("rev-parse", *_QUESTIONS, accept=(0, _REFUSED))
    answers = output.text.split("\n")
    return answers if output.code == 0 and len(answers) == len(_QUESTIONS) else None


async def _ask_one_by_one(git: Git) -> Sequence[str]:
    *first, last = _QUESTIONS
    answers = [(await git.read("rev-parse", question)).text for question in first]
    if answers[0] != "true":
        return (*answers, "")
    return (*answers, (await git.read("rev-parse", last)).text)


def _real(path: str | Path) -> Path:
    return Path(os.path.realpath(path))
