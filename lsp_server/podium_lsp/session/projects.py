"""The projects of the editor's folders, each opened once; must not know what is shown of them."""

import logging
import os
import threading
from dataclasses import replace
from pathlib import Path

import anyio.to_thread

from podium.app import find_root, load_settings, open_engine
from podium.app.actors import actor_of
from podium.errors import PodiumError
from podium.model.events import Actor
from podium.operations.engine import Engine
from podium.platform.clock import SystemClock
from podium.projects.open_store import open_store
from podium.workspace.sharing import home_of
from podium_lsp.session.documents import uri_of

_LOG = logging.getLogger("podium_lsp.session.projects")
_CLOSING_SECONDS = 1.0


class Project:
    """An open project.

    Args:
        root: its folder, with every link followed.
        shown: the same folder as the editor names it.
        actor: who acts.
    """

    def __init__(self, root: Path, shown: Path, actor: Actor) -> None:
        self.root = root
        self.shown = shown
        self._actor = actor
        self._engine: Engine | None = None
        self._home = home_of(root)
        self.store = open_store(
            self._home, actor, SystemClock(), lambda: load_settings(self._home).config
        )

    def engine(self) -> Engine:
        """Return the engine with the settings as they are now.

        Raises:
            InvalidConfig: a settings file is wrong.
            StorageError: the store cannot be read.
        """
        if self._engine is None:
            opened = open_engine(self.root, self._actor)
            self._engine = replace(opened, store=self.store)
            return self._engine
        self._engine = replace(self._engine, config=load_settings(self._home))
        return self._engine

    def relative(self, path: Path) -> str | None:
        """Return a file's path inside the project, or None when it lies elsewhere."""
        for base, found in ((self.shown, path), (self.root, path), (self.root, _real(path))):
            if found.is_relative_to(base):
                return found.relative_to(base).as_posix()
        return None

    def uri(self, relative: str) -> str:
        """Return the URI of a file of the project, as the editor names it."""
        return uri_of(self.shown / relative)


class Projects:
    """Finds and opens projects; one that cannot be opened is tried again at its next use."""

    def __init__(self) -> None:
        self._open: dict[Path, Project] = {}
        self._turn = threading.Lock()
        self.actor = actor_of("lsp")

    @property
    def all(self) -> list[Project]:
        """Return the projects that are open."""
        return list(self._open.values())

    def known(self, path: Path) -> Project | None:
        """Return the innermost open project that a file lies in; asks no disk."""
        holding = [each for each in self.all if each.relative(path) is not None]
        return max(holding, key=lambda each: len(each.root.parts), default=None)

    async def find(self, folder: Path) -> Project | None:
        """Return the project at or above a folder, opened when it was not yet."""
        return await anyio.to_thread.run_sync(self._find, folder)

    def close(self) -> None:
        """Put the stores away, as far as that goes quickly: what was written is safe anyway."""
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
                    self._open[root] = Project(root, _as_shown(folder, root), self.actor)
                except PodiumError as error:
                    _LOG.warning("%s cannot be opened: %s", root, error)
                    return None
            return self._open[root]


def _close(projects: list[Project]) -> None:
    for project in projects:
        try:
            project.store.close()
        except PodiumError as error:
            _LOG.warning("closing: %s", error)


def _as_shown(folder: Path, root: Path) -> Path:
    """Return the root by the way that the editor went, which may lead through links."""
    for candidate in (folder, *folder.parents):
        if _real(candidate) == root:
            return candidate
    return root


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
