"""Finds the store of a worktree: all worktrees of a repository may share one.

The setting `podium.sharedStore` in the repository's git configuration, which is never cloned,
enables it. Every command uses this module, so it must be quick to import.
"""

import os
from pathlib import Path

from podium.platform.machine import raise_refusal

SETTING = "podium.sharedStore"


def home_of(root: Path) -> Path:
    """Return the worktree whose `.podium` folder is the store of `root`.

    This is the main worktree if the repository's worktrees share one store, or else `root` itself.

    Args:
        root: the top of a worktree.
    """
    common = _common_folder(root / ".git")
    if common is None or not _is_shared(common):
        return root
    return common.parent


def _common_folder(link: Path) -> Path | None:
    """Return the main worktree's `.git` if the file `link` marks its folder as a linked worktree.

    Both sides must refer to each other, as in git's own files; a bare repository has no main
    worktree.
    """
    try:
        word, _, place = link.read_text().strip().partition(" ")
        private = link.parent / place
        common = Path(os.path.realpath(private / (private / "commondir").read_text().strip()))
        back = Path((private / "gitdir").read_text().strip())
    except (OSError, ValueError) as error:
        if isinstance(error, OSError):
            raise_refusal(error)
        return None  # a main worktree, a submodule, or no worktree at all
    mutual = os.path.realpath(back) == os.path.realpath(link)
    return common if word == "gitdir:" and mutual and common.name == ".git" else None


def _is_shared(common: Path) -> bool:
    # Imported here because only linked worktrees need it.
    import subprocess

    command = ["git", "config", "--file", str(common / "config"), "--type=bool", "--get", SETTING]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise_refusal(error)
        return False  # git is missing: the caller reports it when needed
    return done.stdout.strip() == "true"
