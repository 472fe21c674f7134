"""The projects in the editor's folders, each opened once."""

import logging
import os
import threading
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from podium.app import Connection, connect, find_root
from podium.errors import PodiumError
from podium.operations.engine import Engine
from podium.operations.table import load_operation
from podium_lsp.session.documents import uri_of

_LOG = logging.getLogger("podium_lsp.session.projects")
_CLOSING_SECONDS = 1.0


class Project:
    """An open project.

    Args:
        root: the project's folder, with symlinks resolved.
        shown: the same folder as the editor spells it.

    Raises:
        StorageError: the store cannot be read.
    """

    def __init__(self, root: Path, shown: Path) -> None:
        self.root = root
        self.shown = shown
        self.connection: Connection = connect(root, "lsp")
        # Open the store immediately: the editor ignores a project that cannot be read.
        _ = self.reading

    @property
    def reading(self) -> Engine:
        """Return the engine for read-only use, even if the settings are invalid."""
        return self.connection.reading

    async def ask(self, operation_id: str, **params: Any) -> Any:
        """Run a read-only operation in a thread and return its result.

        Raises:
            PodiumError: the operation fails.
        """
        operation = load_operation(operation_id)
        given = operation.params.model_validate(params)
        reading = self.reading
        return await anyio.to_thread.run_sync(lambda: anyio.run(operation.run, reading, given))

    def engine(self) -> Engine:
        """Return the engine with the current settings.

        Raises:
            InvalidConfig: a settings file is invalid.
            StorageError: the store cannot be read.
        """
        return self.connection.engine

    def relative(self, path: Path) -> str | None:
        """Return a file's path relative to the project, or None if it is outside."""
        for base, found in ((self.shown, path), (self.root, path), (self.root, _real(path))):
            if found.is_relative_to(base):
                return found.relative_to(base).as_posix()
        return None

    def uri(self, relative: str) -> str:
        """Return the URI of a file in the project, as the editor spells it."""
        return uri_of(self.shown / relative)


class Projects:
    """Finds and opens projects; if opening fails, it is retried at the next use."""

    def __init__(self) -> None:
        self._open: dict[Path, Project] = {}
        self._turn = threading.Lock()

    @property
    def all(self) -> list[Project]:
        """Return the open projects."""
        return list(self._open.values())

    def known(self, path: Path) -> Project | None:
        """Return the innermost open project that contains a file; does not access the disk."""
        holding = [each for each in self.all if each.relative(path) is not None]
        return max(holding, key=lambda each: len(each.root.parts), default=None)

    async def find(self, folder: Path) -> Project | None:
        """Return the project at or above a folder; opens it if necessary."""
        return await anyio.to_thread.run_sync(self._find, folder)

    def close(self) -> None:
        """Close the stores, but do not wait long: everything written is already durable."""
        closing = threading.Thread(target=_close, args=(self.all,), daemon=True)
        closing.start()
        closing.join(_CLOSING_SECONDS)
        self._open.clear()

    def _find(self, folder: Path) -> Project | None:
        root = find_root(folder)
        if root is None:
            return None
        with self._turn:
            if root not in self._open:
                try:
                    self._open[root] = Project(root, _as_shown(folder, root))
                except PodiumError as error:
                    _LOG.warning("%s cannot be opened: %s", root, error)
                    return None
            return self._open[root]


def _close(projects: list[Project]) -> None:
    for project in projects:
        try:
            project.connection.close()
        except PodiumError as error:
            _LOG.warning("closing: %s", error)


def _as_shown(folder: Path, root: Path) -> Path:
    """Return the root as the editor spells it, possibly with symlinks."""
    for candidate in (folder, *folder.parents):
        if _real(candidate) == root:
            return candidate
    return root


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
