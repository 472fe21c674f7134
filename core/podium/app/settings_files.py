"""The paths of the settings files; quick to import, so it must not depend on their content."""

from pathlib import Path

import platformdirs

FILE_NAME = "config.yaml"
VARIABLES = "PODIUM_"
"""The prefix of every environment variable that sets a value."""


def settings_files(root: Path | None) -> tuple[Path, ...]:
    """Return the user's settings file and, inside a project, the project's; they may be missing."""
    user = platformdirs.user_config_path("podium") / FILE_NAME
    return (user,) if root is None else (user, root / ".podium" / FILE_NAME)
