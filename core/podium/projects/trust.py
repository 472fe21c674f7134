"""Records the project settings that the user trusts to run agents and commands.

The record is in the user's state directory, never in the project: a cloned repository can contain
any file, so it cannot vouch for itself.
"""

import json
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from podium.errors import NotTrusted
from podium.model.base import content_hash
from podium.model.config import Config, executable_settings
from podium.platform.atomic_write import replace_file
from podium.platform.owned_files import read_file
from podium.platform.user_folders import state_folder
from podium.ports.filesystem import PRIVATE_FILE

_TRUSTED = TypeAdapter(dict[str, str])


def trust(root: Path, config: Config) -> None:
    """Record that the user trusts these settings of this project."""
    trusted = _load()
    trusted[str(root.resolve())] = content_hash(executable_settings(config))
    path = _path()
    text = json.dumps(trusted, indent=2, sort_keys=True) + "\n"
    replace_file(path, text.encode(), mode=PRIVATE_FILE, root=path.parent)


def is_trusted(root: Path, config: Config) -> bool:
    """Return whether the user trusts exactly these settings of this project.

    A project whose settings do not run anything does not need trust.
    """
    if executable_settings(config) == executable_settings(Config()):
        return True
    return _load().get(str(root.resolve())) == content_hash(executable_settings(config))


def check_trusted(root: Path, config: Config) -> None:
    """Check that the user trusts the project before it runs anything.

    Raises:
        NotTrusted: the settings were never trusted on this machine, or have changed since.
    """
    if not is_trusted(root, config):
        raise NotTrusted(
            "This project's settings are not trusted yet",
            why="they select agents or commands, change the sandbox, set a budget or say who "
            "decides about doubts",
            hints=["podium config shows them", "podium trust trusts the current settings"],
        )


def _path() -> Path:
    return state_folder() / "trusted.json"


def _load() -> dict[str, str]:
    try:
        return _TRUSTED.validate_json(read_file(_path(), root=state_folder()))
    except (FileNotFoundError, ValidationError):
        return {}
