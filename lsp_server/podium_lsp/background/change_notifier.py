"""Tells an editor that asked for it that something of a project changed; not what.

A tree or a status item then asks again for what it shows. LSP has no such message, so only a client
whose `initialize` says `experimental: {"podium": {"changes": true}}` is sent ours.
"""

import asyncio
from typing import Any

import anyio

from podium_lsp.session.projects import Project
from podium_lsp.session.session import Session

CHANGED = "podium/changed"
_PAUSE_SECONDS = 0.1
"""A run writes many times a second; nobody reads so fast."""


class ChangeNotifier:
    """Sends the notice for one project, at most so often.

    Args:
        session: knows the editor.
        project: what is told of.
    """

    def __init__(self, session: Session, project: Project) -> None:
        self._session = session
        self._uri = project.uri("")
        self._sending: asyncio.Task[Any] | None = None

    def soon(self) -> None:
        """Send the notice after a short pause, unless it is about to be sent already."""
        if not self._session.client.hears_changes:
            return
        if self._sending is None or self._sending.done():
            self._sending = self._session.tasks.spawn(self._send(), "sending changes")

    async def _send(self) -> None:
        await anyio.sleep(_PAUSE_SECONDS)
        self._session.client.notify(CHANGED, {"uri": self._uri})
