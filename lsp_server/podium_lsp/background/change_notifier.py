"""Notifies the editor that a project changed, without details.

A tree view or status item then refreshes itself. LSP has no such notification, so this one is sent
only to clients whose `initialize` contains `experimental: {"podium": {"changes": true}}`.
"""

import asyncio
from typing import Any

import anyio

from podium_lsp.session.projects import Project
from podium_lsp.session.session import Session

CHANGED = "podium/changed"
_PAUSE_SECONDS = 0.1
"""A run writes many times a second; one notification covers all changes in this time."""


class ChangeNotifier:
    """Sends debounced change notifications for one project.

    Args:
        session: provides the editor.
        project: the project that the notifications are about.
    """

    def __init__(self, session: Session, project: Project) -> None:
        self._session = session
        self._uri = project.uri("")
        self._sending: asyncio.Task[Any] | None = None

    def soon(self) -> None:
        """Schedule a notification, unless one is already scheduled."""
        if not self._session.client.hears_changes:
            return
        if self._sending is None or self._sending.done():
            self._sending = self._session.tasks.spawn(self._send(), "sending changes")

    async def _send(self) -> None:
        await anyio.sleep(_PAUSE_SECONDS)
        self._session.client.notify(CHANGED, {"uri": self._uri})
