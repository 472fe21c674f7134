"""Follows the journal of one open project and updates the editor."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anyio
import anyio.to_thread

from podium.app.connection import Change, Delivery, Subscription
from podium.errors import PodiumError
from podium.model import layout
from podium_lsp.background.change_notifier import ChangeNotifier
from podium_lsp.background.run_progress import RunProgress
from podium_lsp.diagnostics.findings import FindingDiagnostics
from podium_lsp.session.projects import Project
from podium_lsp.session.session import Session

_LOG = logging.getLogger("podium_lsp.background.project_watcher")
_LOOK_AGAIN_SECONDS = 2.0
_REFRESH_SECONDS = 0.2
"""Lenses are refreshed at most this often: a run writes many times a second."""


class ProjectWatcher:
    """Updates a project's findings, run progress and lenses when its journal changes.

    Args:
        session: the editor and the background tasks.
        project: the project to watch.
        diagnostics: shows the findings.
        runs: shows the run's progress.
        refresh: refreshes everything that depends on plans, runs or commits.
        has_new_commits: returns whether HEAD moved since its last call.
    """

    def __init__(
        self,
        session: Session,
        project: Project,
        *,
        diagnostics: FindingDiagnostics,
        runs: RunProgress,
        refresh: Callable[[Project], Awaitable[None]],
        has_new_commits: Callable[[Project], bool],
    ) -> None:
        self._session = session
        self._project = project
        self.diagnostics = diagnostics
        self.runs = runs
        self._refresh_all = refresh
        self._has_new_commits = has_new_commits
        self._notice = ChangeNotifier(session, project)
        self.ready = asyncio.Event()
        self._next_change = asyncio.Event()
        self._tasks: list[asyncio.Task[Any]] = []
        self._refreshing: asyncio.Task[Any] | None = None
        self._must_reload = False

    async def begin(self) -> None:
        """Show the current state, then follow changes."""
        subscription = await anyio.to_thread.run_sync(self._project.connection.follow)
        try:
            await self.diagnostics.load()
        finally:
            self.ready.set()
        await self.runs.look()
        self._tasks = [
            self._session.tasks.spawn(self._follow(subscription), "following the journal"),
            self._session.tasks.spawn(self._watch_files(), "watching files"),
        ]

    def end(self) -> None:
        """Stop following."""
        for task in self._tasks:
            task.cancel()

    @property
    def next_change(self) -> asyncio.Event:
        """Return the event that is set when the project changes next."""
        return self._next_change

    async def adopt(self) -> None:
        """Import external changes to the store's files, such as a saved plan file."""
        await anyio.to_thread.run_sync(self._project.connection.reconcile)

    async def _follow(self, subscription: Subscription) -> None:
        deliveries: Any = aiter(subscription)
        async with contextlib.aclosing(deliveries):
            async for delivery in deliveries:
                await self._attempt(self._take_in(delivery))

    async def _attempt(self, showing: Awaitable[None]) -> None:
        """Show a change; if that fails, schedule a full reload."""
        try:
            await showing
        except PodiumError as error:
            _LOG.warning("cannot show what changed: %s", error)
            self._must_reload = True

    async def _take_in(self, delivery: Delivery) -> None:
        self._next_change.set()
        self._next_change = asyncio.Event()
        if delivery.fell_behind:
            await self._reload()
        else:
            await self._show(delivery.change)
        self._notice.soon()

    async def _reload(self) -> None:
        """Reload everything after changes were missed or could not be read."""
        self._must_reload = False
        await self.diagnostics.load()
        await self.runs.look()
        self._refresh_soon()

    async def _show(self, change: Change) -> None:
        names = [layout.name_of(path) for path in change.paths if path.startswith("findings/")]
        if names:
            await self.diagnostics.update(names)
        if _any(change.paths, "runs/"):
            await self.diagnostics.show_attempts()
            await self.runs.look()
        if _any(change.paths, "plans/", "runs/"):
            self._refresh_soon()

    def _refresh_soon(self) -> None:
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = self._session.tasks.spawn(self._refresh(), "refreshing")

    async def _refresh(self) -> None:
        await anyio.sleep(_REFRESH_SECONDS)
        await self._refresh_all(self._project)

    async def _watch_files(self) -> None:
        """Poll closed files that have findings, because not every editor watches files."""
        while True:
            await anyio.sleep(_LOOK_AGAIN_SECONDS)
            if self._must_reload:
                await self._attempt(self._reload())
            await self.diagnostics.show_moved()
            if self._has_new_commits(self._project):
                self._refresh_soon()


def _any(paths: Sequence[str], *beginnings: str) -> bool:
    return any(path.startswith(beginnings) for path in paths)
