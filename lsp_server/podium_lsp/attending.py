"""Looks after one open project: follows its journal and keeps everything shown in step."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from podium.errors import PodiumError
from podium.model import layout
from podium.store import Change, Cursor
from podium_lsp.board import FindingBoard
from podium_lsp.changes import ChangeNotice
from podium_lsp.progress import Progress
from podium_lsp.projects import Project
from podium_lsp.publishing import Publisher
from podium_lsp.run_progress import RunProgress

if TYPE_CHECKING:
    from podium_lsp.server import PodiumServer

_LOG = logging.getLogger("podium_lsp.attending")
_LOOK_AGAIN_SECONDS = 2.0
_REFRESH_SECONDS = 0.2
"""Lenses are asked for again at most so often: a run writes many times a second."""


class Attendant:
    """Keeps one project's findings, runs and lenses in step with its journal.

    Args:
        server: the connection.
        project: whose journal.
        publisher: shows diagnostics.
        progress: shows work under way.
    """

    def __init__(
        self,
        server: "PodiumServer",
        project: Project,
        publisher: Publisher,
        progress: Progress,
    ) -> None:
        self._server = server
        self._project = project
        self.board = FindingBoard(server, project, publisher)
        self.runs = RunProgress(server, project, progress)
        self._notice = ChangeNotice(server, project)
        self.ready = asyncio.Event()
        self._next_change = asyncio.Event()
        self._tasks: list[asyncio.Task[Any]] = []
        self._refreshing: asyncio.Task[Any] | None = None

    async def begin(self) -> None:
        """Show what there is, and follow from there."""
        cursor = await anyio.to_thread.run_sync(self._project.store.cursor)
        try:
            await self.board.load()
        finally:
            self.ready.set()
        await self.runs.look()
        self._tasks = [
            self._server.spawn(self._follow(cursor), "following the journal"),
            self._server.spawn(self._watch_files(), "watching files"),
        ]

    def end(self) -> None:
        """Follow no longer."""
        for task in self._tasks:
            task.cancel()

    @property
    def next_change(self) -> asyncio.Event:
        """Return what is set as soon as anybody changes something of the project."""
        return self._next_change

    async def adopt(self) -> None:
        """Take over what was changed outside, for instance by saving a plan's file."""
        await anyio.to_thread.run_sync(self._project.store.reconcile)

    async def _follow(self, cursor: Cursor) -> None:
        while True:
            try:
                async with contextlib.aclosing(self._changes(cursor)) as changes:
                    async for change in changes:
                        await self._take_in(change)
                        cursor = Cursor(change.sequence)
            except PodiumError as error:
                _LOG.warning("the journal cannot be followed: %s", error)
                await anyio.sleep(_LOOK_AGAIN_SECONDS)

    def _changes(self, cursor: Cursor) -> Any:
        return self._project.store.changes(cursor)

    async def _take_in(self, change: Change) -> None:
        self._next_change.set()
        self._next_change = asyncio.Event()
        names = [layout.name_of(path) for path in change.paths if path.startswith("findings/")]
        if names:
            await self.board.update(names)
        if _any(change.paths, "runs/"):
            await self.board.show_attempts()
            await self.runs.look()
        if _any(change.paths, "plans/", "runs/"):
            self._refresh_soon()
        self._notice.soon()

    def _refresh_soon(self) -> None:
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = self._server.spawn(self._refresh(), "refreshing")

    async def _refresh(self) -> None:
        await anyio.sleep(_REFRESH_SECONDS)
        workroom = self._server.workroom
        await workroom.plan_files.look_again(self._project)
        await workroom.views.refresh(self._project)
        await self._server.client.refresh()

    async def _watch_files(self) -> None:
        """Look now and then at closed files with findings; no editor is relied upon for that."""
        while True:
            await anyio.sleep(_LOOK_AGAIN_SECONDS)
            await self.board.show_moved()
            if self._server.workroom.blames.have_moved(self._project):
                self._refresh_soon()


def _any(paths: Sequence[str], *beginnings: str) -> bool:
    return any(path.startswith(beginnings) for path in paths)
