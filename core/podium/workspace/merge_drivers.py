"""Puts what Podium asks of git into a repository's own settings; must not know how it is used."""

import shlex
import shutil
import sys
from pathlib import Path

from podium.workspace.plumbing.git import Git
from podium.workspace.repository import Repository
from podium.workspace.sharing import SETTING


async def install_merge_driver(repository: Repository) -> None:
    """Tell git how to merge files with the attribute `merge=podium`; only this repository's git.

    Raises:
        GitError: git's settings cannot be written.
    """
    git = Git(repository.root, repository.git_dir)
    beside = Path(sys.executable).with_name("podium")
    program = str(beside) if beside.exists() else shutil.which("podium") or "podium"
    command = f"{shlex.quote(program)} git-merge %O %A %B %P"
    await git.run(["config", "--local", "merge.podium.name", "Podium: documents, key by key"])
    await git.run(["config", "--local", "merge.podium.driver", command])


async def share_store(repository: Repository) -> None:
    """Let all work trees of this repository use the store of the main one.

    Raises:
        GitError: git's settings cannot be written.
    """
    git = Git(repository.root, repository.git_dir)
    await git.run(["config", "--local", SETTING, "true"])
