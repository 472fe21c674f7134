"""The user's folders that contain Podium's own files.

Each is resolved once, because it may be a symlink to another disk. Symlinks inside it are not
followed if it is passed to the functions of `owned_files` as their root.
"""

import os
from pathlib import Path

import platformdirs


def state_folder() -> Path:
    """Return the user's state folder for Podium, with symlinks resolved."""
    return Path(os.path.realpath(platformdirs.user_state_path("podium")))


def cache_folder() -> Path:
    """Return the user's cache folder for Podium, with symlinks resolved."""
    return Path(os.path.realpath(platformdirs.user_cache_path("podium")))
