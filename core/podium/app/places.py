"""The folders that a run writes to; each may be on a disk of its own."""

import tempfile
from pathlib import Path

from podium.platform.machine import lack_of_room
from podium.platform.user_folders import cache_folder


def written_folders(root: Path) -> tuple[Path, ...]:
    """Return the project's folder, Podium's cache with the worktrees, and that of temporary files.

    Args:
        root: the folder that holds `.podium`.
    """
    return (root, cache_folder(), Path(tempfile.gettempdir()))


def lack_of_room_for(root: Path) -> str:
    """Return which disk of a run is full or read-only, in one sentence, or an empty string."""
    found = lack_of_room(written_folders(root))
    return "" if found is None else found.sentence
