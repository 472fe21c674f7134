"""The folders to which a run writes; each may be on a different disk."""

import tempfile
from pathlib import Path

from podium.platform.machine import lack_of_room
from podium.platform.user_folders import cache_folder


def written_folders(root: Path) -> tuple[Path, ...]:
    """Return the project's folder, the cache folder with the worktrees, and the temporary folder.

    Args:
        root: the folder that contains `.podium`.
    """
    return (root, cache_folder(), Path(tempfile.gettempdir()))


def lack_of_room_for(root: Path) -> str:
    """Return a sentence about the project's disk if it is full or read-only, or an empty string.

    A run that is waiting for another disk reports that in a question, which only needs the
    project's disk.
    """
    found = lack_of_room((root,))
    return "" if found is None else found.sentence
