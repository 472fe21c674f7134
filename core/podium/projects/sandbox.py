"""The sandbox of a project: settings that come with a clone change it only after trust."""

from pathlib import Path

from podium.model.config import LoadedConfig
from podium.model.sandbox import Sandbox, SandboxSettings
from podium.platform.sandbox.probe import require_sandbox
from podium.projects.trust import check_trusted


def sandbox_settings(root: Path | None, loaded: LoadedConfig) -> SandboxSettings:
    """Return the settings of the sandbox.

    Args:
        root: the project's folder, or None outside a project.
        loaded: the settings that apply there.

    Raises:
        NotTrusted: the project's own settings change the sandbox, and are not trusted.
    """
    if root is not None and loaded.project.sandbox.model_fields_set:
        check_trusted(root, loaded.project)
    return loaded.config.sandbox


def project_sandbox(root: Path | None, loaded: LoadedConfig) -> Sandbox:
    """Return how commands are confined; starts a program to try it.

    The arguments are those of `sandbox_settings`.

    Raises:
        NotTrusted: the project's own settings change the sandbox, and are not trusted.
        SandboxUnavailable: the settings require a sandbox, and none works.
    """
    return require_sandbox(sandbox_settings(root, loaded))
