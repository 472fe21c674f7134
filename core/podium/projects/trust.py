"""Whether a project's settings may make this machine run something (SPEC X5).

The answer is kept in the user's own state folder, never in the project: a cloned repository can
carry any file, so nothing inside of it can vouch for it. Must not know what the settings do.
"""

import json
from pathlib import Path

import platformdirs
from pydantic import TypeAdapter, ValidationError

from podium.errors import NotTrusted
from podium.model.base import content_hash
from podium.model.config import Config, executable_settings
from podium.platform.atomic_write import replace_file
from podium.ports.filesystem import PRIVATE_FILE

_TRUSTED = TypeAdapter(dict[str, str])


def trust(root: Path, config: Config) -> None:
    """Remember that the user trusts these settings of this project."""
    trusted = _load()
    trusted[str(root.resolve())] = content_hash(executable_settings(config))
    path = _path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps(trusted, indent=2, sort_keys=True) + "\n"
    replace_file(path, text.encode(), mode=PRIVATE_FILE)


def is_trusted(root: Path, config: Config) -> bool:
    """Tell whether the user trusts exactly these settings of this project.

    A project that chooses nothing to run needs no trust.
    """
    if executable_settings(config) == executable_settings(Config()):
        return True
    return _load().get(str(root.resolve())) == content_hash(executable_settings(config))


def check_trusted(root: Path, config: Config) -> None:
    """Check the user's trust before anything of the project's choosing is run.

    Raises:
        NotTrusted: these settings were not trusted on this machine, or changed since.
    """
    if not is_trusted(root, config):
        raise NotTrusted(
            "This project's settings may not run anything yet",
            why="they choose agents and commands, and nobody on this machine has trusted them",
            hints=["podium config shows them", "podium trust trusts them as they are now"],
        )


def _path() -> Path:
    return platformdirs.user_state_path("podium") / "trusted.json"


def _load() -> dict[str, str]:
    try:
        return _TRUSTED.validate_json(_path().read_bytes())
    except (FileNotFoundError, ValidationError):
        return {}
