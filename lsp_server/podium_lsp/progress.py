"""Work under way as the editor shows it: begun, reported, always ended; can be cancelled."""

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from lsprotocol import types as t

if TYPE_CHECKING:
    from podium_lsp.server import PodiumServer


class Work:
    """One piece of work that is shown; silent when the editor shows none.

    Args:
        server: the connection.
        token: the name that it was given, or None.
    """

    def __init__(self, server: "PodiumServer", token: str | int | None) -> None:
        self._server = server
        self.token = token

    def report(self, message: str, percentage: int | None = None) -> None:
        """Say how far it is."""
        self._notify(t.WorkDoneProgressReport(message=message, percentage=percentage))

    def end(self, message: str) -> None:
        """Say that it is over; nothing is said afterwards."""
        self._notify(t.WorkDoneProgressEnd(message=message))
        self._server.workroom.progress.forget(self.token)
        self.token = None

    def begin(self, title: str, *, cancellable: bool) -> None:
        """Say that it begins."""
        self._notify(t.WorkDoneProgressBegin(title=title, cancellable=cancellable, percentage=0))

    def _notify(
        self, value: t.WorkDoneProgressBegin | t.WorkDoneProgressReport | t.WorkDoneProgressEnd
    ) -> None:
        if self.token is not None:
            self._server.protocol.notify(
                t.PROGRESS, t.ProgressParams(token=self.token, value=value)
            )


class Progress:
    """All work that is shown.

    Args:
        server: the connection.
    """

    def __init__(self, server: "PodiumServer") -> None:
        self._server = server
        self._cancel: dict[str | int, Callable[[], None]] = {}

    async def begin(
        self, title: str, on_cancel: Callable[[], None] | None, given: str | int | None = None
    ) -> Work:
        """Begin to show work.

        Args:
            on_cancel: called when the person cancels it.
            given: the editor's own name for it, when it asked for the work.
        """
        token = given if given is not None else await self._made()
        work = Work(self._server, token)
        if token is not None and on_cancel is not None:
            self._cancel[token] = on_cancel
        work.begin(title, cancellable=on_cancel is not None)
        return work

    def cancel(self, token: str | int) -> None:
        """Take in the person's wish to cancel."""
        if (on_cancel := self._cancel.get(token)) is not None:
            on_cancel()

    def forget(self, token: str | int | None) -> None:
        """Forget work that is over."""
        if token is not None:
            self._cancel.pop(token, None)

    async def _made(self) -> str | None:
        """Return a new name that the editor accepted; texts, because some refuse numbers."""
        if not self._server.client.has_progress:
            return None
        token = f"podium-{uuid.uuid4()}"
        params = t.WorkDoneProgressCreateParams(token=token)
        await self._server.client.ask(t.WINDOW_WORK_DONE_PROGRESS_CREATE, params)
        return token
