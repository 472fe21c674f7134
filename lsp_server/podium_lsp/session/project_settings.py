"""The editor settings of a project, in `.podium/editor.yaml`; an invalid file is ignored."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio.to_thread

from podium.app import find_root
from podium.app.own_files import read_own_file
from podium.errors import InvalidConfig, PathOutsideWorkspace
from podium.operations.text.yaml import YamlSource, read_yaml

_LOG = logging.getLogger("podium_lsp.session.settings")
FILE = ".podium/editor.yaml"
_MOST_BYTES = 64 * 1024


async def project_settings(folders: Sequence[Path]) -> Any:
    """Return the settings of the first folder that has a settings file, or None."""
    return await anyio.to_thread.run_sync(_first, folders)


def _first(folders: Sequence[Path]) -> Any:
    for folder in folders:
        root = find_root(folder)
        if root is not None and (root / FILE).is_file():
            return _read(root / FILE)
    return None


def _read(file: Path) -> Any:
    """Return the content of a settings file, or None if it cannot be read or parsed."""
    try:
        text = read_own_file(file, _MOST_BYTES).decode()
        return read_yaml(text, YamlSource(FILE, "settings")).value
    except (OSError, UnicodeDecodeError, InvalidConfig, PathOutsideWorkspace) as error:
        _LOG.warning("ignoring %s: %s", file, error)
        return None
