"""Work under way as the editor shows it: begun, reported, always ended; can be cancelled."""

import uuid
from collections.abc import Callable

from lsprotocol import types as t

from podium_lsp.session.client import Client


class WorkCancelled(Exception):
    """A person cancelled the work that a request was waiting for."""


class ShownWork:
    """One piece of work that is shown; silent when the editor shows none.

    Args:
        client: shows it.
        token: the name that it was given, or None.
        on_end: called once when it has ended.
    """

    def __init__(self, client: Client, token: str | int | None, on_end: Callable[[], None]) -> None:
        self._client = client
        self.token = token
        self._on_end = on_end

    def report(self, message: str, percentage: int | None = None) -> None:
        """Say how far it is."""
        self._notify(t.WorkDoneProgressReport(message=message, percentage=percentage))

    def end(self, message: str) -> None:
        """Say that it is over; nothing is said afterwards."""
        self._notify(t.WorkDoneProgressEnd(message=message))
        self._on_end()
        self.token = None

    def begin(self, title: str, *, cancellable: bool) -> None:
        """Say that it begins."""
        self._notify(t.WorkDoneProgressBegin(title=title, cancellable=cancellable, percentage=0))

    def _notify(
        self, value: t.WorkDoneProgressBegin | t.WorkDoneProgressReport | t.WorkDoneProgressEnd
    ) -> None:
        if self.token is not None:
            self._client.notify(t.PROGRESS, t.ProgressParams(token=self.token, value=value))


class WorkDoneProgress:
    """All work that is shown.

    Args:
        client: shows it.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._cancel: dict[str | int, Callable[[], None]] = {}

    async def begin(
        self, title: str, on_cancel: Callable[[], None] | None, given: str | int | None = None
    ) -> ShownWork:
        """Begin to show work.

        Args:
            on_cancel: called when the person cancels it.
            given: the editor's own name for it, when it asked for the work.
        """
        token = given if given is not None else await self._made()
        work = ShownWork(self._client, token, lambda: self.forget(token))
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
        if not self._client.has_progress:
            return None
        token = f"podium-{uuid.uuid4()}"
        params = t.WorkDoneProgressCreateParams(token=token)
        await self._client.ask(t.WINDOW_WORK_DONE_PROGRESS_CREATE, params)
        return token
