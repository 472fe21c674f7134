"""The settings that a project brings for everybody's editor: `.podium/editor.yaml`; tolerant."""

import logging
from pathlib import Path
from typing import Any

import anyio.to_thread

from podium.app import find_root
from podium.errors import InvalidConfig
from podium.platform.yaml_text import YamlSource, read_yaml
from podium_lsp.documents import path_of
from podium_lsp.server import PodiumServer

_LOG = logging.getLogger("podium_lsp.settings")
FILE = ".podium/editor.yaml"
_MOST_BYTES = 64 * 1024


async def project_settings(server: PodiumServer) -> Any:
    """Return what the first project of the editor's folders says, or None."""
    workspace = server.workspace
    uris = [folder.uri for folder in workspace.folders.values()]
    uris += [workspace.root_uri] if workspace.root_uri else []
    folders = [path for uri in uris if (path := path_of(uri)) is not None]
    return await anyio.to_thread.run_sync(_first, folders)


def _first(folders: list[Path]) -> Any:
    for folder in folders:
        root = find_root(folder)
        if root is not None and (root / FILE).is_file():
            return _read(root / FILE)
    return None


def _read(file: Path) -> Any:
    """Return what a file holds; one that cannot be read says nothing."""
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(_MOST_BYTES)
        return read_yaml(text, YamlSource(FILE, "settings")).value
    except (OSError, UnicodeDecodeError, InvalidConfig) as error:
        _LOG.warning("%s says nothing: %s", file, error)
        return None
