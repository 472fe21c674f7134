"""Assigns each worktree a port and a temporary folder, for the programs that its task starts.

They are stored in the worktree's Git directory, and are removed with it.
"""

from collections.abc import Mapping
from pathlib import Path

from podium.platform.owned_files import make_folders
from podium.workspace.plumbing.delete_tree import delete_tree
from podium.workspace.values import Worktree
from podium.workspace.warm.free_ports import free_port

PORT_VARIABLE, TEMP_VARIABLE = "PODIUM_PORT", "PODIUM_TEMP"
_PORT, _TEMP = "podium-port", "podium-temp"


def give_places(worktree: Worktree) -> None:
    """Choose a port and create an empty temporary folder for a worktree.

    The ports of the repository's other worktrees are not reused.
    """
    git_dirs = worktree.git_dir.parent.iterdir()
    taken = {port for each in git_dirs if each != worktree.git_dir and (port := _port(each))}
    (worktree.git_dir / _PORT).write_text(f"{free_port(str(worktree.folder), taken)}\n")
    delete_tree(worktree.git_dir / _TEMP)
    make_folders(worktree.git_dir / _TEMP)


def variables_of(worktree: Worktree) -> Mapping[str, str]:
    """Return the environment variables with the port and the temporary folder of a worktree."""
    port = _port(worktree.git_dir)
    if not port:
        return {}
    return {PORT_VARIABLE: str(port), TEMP_VARIABLE: str(worktree.git_dir / _TEMP)}


def _port(git_dir: Path) -> int:
    try:
        with open(f"{git_dir}/{_PORT}", encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0
