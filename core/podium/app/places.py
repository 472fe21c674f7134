"""The folders that a run writes to; each may be on a different disk."""

import tempfile
from pathlib import Path

import platformdirs

from podium.platform.machine import lack_of_room


def written_folders(root: Path) -> tuple[Path, ...]:
    """Return the project's folder, the cache folder with the worktrees, and the temporary folder.

    Args:
        root: the folder that holds `.podium`.
    """
    return (root, platformdirs.user_cache_path("podium"), Path(tempfile.gettempdir()))


def lack_of_room_for(root: Path) -> str:
    """Return a sentence that names the run's full or read-only disk, or an empty string."""
    found = lack_of_room(written_folders(root))
    return "" if found is None else found.sentence
