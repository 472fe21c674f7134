"""The user's folders that contain Podium's own files.

Each is resolved once, because it may be a symlink to another disk. Symlinks inside it are not
followed if it is passed to the functions of `owned_files` as their root.
"""

import os
from pathlib import Path

import platformdirs

from podium.platform.owned_files import opened_parent

_ENDING = ".json"


def config_folder() -> Path:
    """Return the user's settings folder for Podium, with symlinks resolved."""
    return Path(os.path.realpath(platformdirs.user_config_path("podium")))


def added_agents() -> Path:
    """Return the folder with the agents that the user added; it may be missing."""
    return config_folder() / "agents"


def added_agent_names() -> tuple[str, ...]:
    """Return the names of the agents that the user added, sorted."""
    folder = added_agents()
    try:
        with opened_parent(folder / "any", root=config_folder()) as (fd, _):
            names = os.listdir(fd)
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return tuple(sorted(n.removesuffix(_ENDING) for n in names if n.endswith(_ENDING)))


def state_folder() -> Path:
    """Return the user's state folder for Podium, with symlinks resolved."""
    return Path(os.path.realpath(platformdirs.user_state_path("podium")))


def cache_folder() -> Path:
    """Return the user's cache folder for Podium, with symlinks resolved."""
    return Path(os.path.realpath(platformdirs.user_cache_path("podium")))
