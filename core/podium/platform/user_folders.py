"""The folders of the user that hold Podium's own files.

Each is resolved once: a user may link it to another disk. Below it no link is followed, if it is
given to the functions of `owned_files` as their root.
"""

import os
from pathlib import Path

import platformdirs


def state_folder() -> Path:
    """Return the user's state folder for Podium, with links resolved."""
    return Path(os.path.realpath(platformdirs.user_state_path("podium")))


def cache_folder() -> Path:
    """Return the user's cache folder for Podium, with links resolved."""
    return Path(os.path.realpath(platformdirs.user_cache_path("podium")))
