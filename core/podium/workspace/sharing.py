"""Where the store of a work tree lies: all work trees of a repository may share one.

Git's own settings of the repository say so (`podium.sharedStore`); they are never cloned. Every
command asks, so this must not load what a repository needs.
"""

import os
from pathlib import Path

SETTING = "podium.sharedStore"


def home_of(root: Path) -> Path:
    """Return the work tree whose `.podium` is the store of a work tree.

    That is the main work tree when the repository's work trees share one store, else itself.

    Args:
        root: the top of a work tree.
    """
    common = _common_folder(root / ".git")
    if common is None or not _is_shared(common):
        return root
    return common.parent


def _common_folder(link: Path) -> Path | None:
    """Return the main work tree's `.git` when `link` makes its folder a linked work tree of it.

    Both sides must name each other, as git's own files do; a bare repository has no main one.
    """
    try:
        word, _, place = link.read_text().strip().partition(" ")
        private = link.parent / place
        common = Path(os.path.realpath(private / (private / "commondir").read_text().strip()))
        back = Path((private / "gitdir").read_text().strip())
    except (OSError, ValueError):
        return None  # a main work tree, a submodule, or no work tree at all
    mutual = os.path.realpath(back) == os.path.realpath(link)
    return common if word == "gitdir:" and mutual and common.name == ".git" else None


def _is_shared(common: Path) -> bool:
    # Only a linked work tree comes here; other commands should not load it.
    import subprocess

    command = ["git", "config", "--file", str(common / "config"), "--type=bool", "--get", SETTING]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return False  # no git: whoever needs it says so
    return done.stdout.strip() == "true"
