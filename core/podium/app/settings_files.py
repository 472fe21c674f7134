"""Where the settings are; quick to import, and must not know what is in them."""

from pathlib import Path

import platformdirs

FILE_NAME = "config.yaml"
VARIABLES = "PODIUM_"
"""The beginning of every variable that sets a value."""


def settings_files(root: Path | None) -> tuple[Path, ...]:
    """Return the user's settings file and, inside a project, the project's; they may be missing."""
    user = platformdirs.user_config_path("podium") / FILE_NAME
    return (user,) if root is None else (user, root / ".podium" / FILE_NAME)
