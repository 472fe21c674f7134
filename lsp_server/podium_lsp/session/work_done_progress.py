"""Work-done progress, which the editor shows and the user can cancel."""

import uuid
from collections.abc import Callable

from lsprotocol import types as t

from podium_lsp.session.client import Client


class WorkCancelled(Exception):
    """The user cancelled the work that a request was waiting for."""


class ShownWork:
    """One progress item; sends nothing if it has no token.

    Args:
        client: shows the progress.
        token: the progress token, or None if the editor does not show progress.
        on_end: called once when the work has ended.
    """

    def __init__(self, client: Client, token: str | int | None, on_end: Callable[[], None]) -> None:
        self._client = client
        self.token = token
        self._on_end = on_end

    def report(self, message: str, percentage: int | None = None) -> None:
        """Report progress."""
        self._notify(t.WorkDoneProgressReport(message=message, percentage=percentage))

    def end(self, message: str) -> None:
        """Report the end; later reports are dropped."""
        self._notify(t.WorkDoneProgressEnd(message=message))
        self._on_end()
        self.token = None

    def begin(self, title: str, *, cancellable: bool) -> None:
        """Report the start."""
        self._notify(t.WorkDoneProgressBegin(title=title, cancellable=cancellable, percentage=0))

    def _notify(
        self, value: t.WorkDoneProgressBegin | t.WorkDoneProgressReport | t.WorkDoneProgressEnd
    ) -> None:
        if self.token is not None:
            self._client.notify(t.PROGRESS, t.ProgressParams(token=self.token, value=value))


class WorkDoneProgress:
    """Starts progress items and dispatches their cancellation.

    Args:
        client: shows the progress.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._cancel: dict[str | int, Callable[[], None]] = {}

    async def begin(
        self, title: str, on_cancel: Callable[[], None] | None, given: str | int | None = None
    ) -> ShownWork:
        """Start a progress item.

        Args:
            on_cancel: called when the user cancels the work.
            given: the token from the editor's request, if it supplied one.
        """
        token = given if given is not None else await self._create_token()
        work = ShownWork(self._client, token, lambda: self.forget(token))
        if token is not None and on_cancel is not None:
            self._cancel[token] = on_cancel
        work.begin(title, cancellable=on_cancel is not None)
        return work

    def cancel(self, token: str | int) -> None:
        """Handle a cancellation by the user."""
        if (on_cancel := self._cancel.get(token)) is not None:
            on_cancel()

    def forget(self, token: str | int | None) -> None:
        """Forget work that has ended."""
        if token is not None:
            self._cancel.pop(token, None)

    async def _create_token(self) -> str | None:
        """Create a token in the editor; a string, because some editors reject numbers."""
        if not self._client.has_progress:
            return None
        token = f"podium-{uuid.uuid4()}"
        params = t.WorkDoneProgressCreateParams(token=token)
        await self._client.ask(t.WINDOW_WORK_DONE_PROGRESS_CREATE, params)
        return token
