"""Writes Podium's entries into a repository's own Git configuration."""

import shlex
import shutil
import sys
from pathlib import Path

from podium.workspace.plumbing.git import Git
from podium.workspace.repository import Repository
from podium.workspace.sharing import SETTING


async def install_merge_driver(repository: Repository) -> None:
    """Install the merge driver for files with the attribute `merge=podium` in this repository.

    Raises:
        GitError: the Git configuration cannot be written.
    """
    git = Git(repository.root, repository.git_dir)
    beside = Path(sys.executable).with_name("podium")
    program = str(beside) if beside.exists() else shutil.which("podium") or "podium"
    command = f"{shlex.quote(program)} git-merge %O %A %B %P"
    await git.run(["config", "--local", "merge.podium.name", "Podium: documents, key by key"])
    await git.run(["config", "--local", "merge.podium.driver", command])


async def share_store(repository: Repository) -> None:
    """Make all worktrees of this repository use the main worktree's store.

    Raises:
        GitError: the Git configuration cannot be written.
    """
    git = Git(repository.root, repository.git_dir)
    await git.run(["config", "--local", SETTING, "true"])
