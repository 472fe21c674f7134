"""pygls's protocol with workarounds for these bugs, each covered by a test.

- A cancelled command keeps running.
- Shutdown fails while requests are in progress.
- A late response to an abandoned request pops up an error.
- A request gets no response if its parameters are malformed or contain an object that looks like a
  message.
- The futures of notifications are never released.

The workarounds override private names of pygls, so it is pinned to one minor version.
"""

import asyncio
import logging
from collections.abc import Callable, Generator
from concurrent.futures import Future
from functools import partial
from typing import Any, Protocol, cast

from lsprotocol import types as t
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.protocol import LanguageServerProtocol, lsp_method

from podium_lsp.session.documents import Document, Replacement
from podium_lsp.session.session import Session

_LOG = logging.getLogger("podium_lsp.server.protocol")
_BEFORE_INITIALIZE = frozenset({t.INITIALIZE, t.EXIT})

Handler = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any] | None]


_Base: Any = LanguageServerProtocol
"""Half of pygls is untyped, so type checkers treat it as Any."""


class Host(Protocol):
    """The part of the server that the protocol uses."""

    session: Session

    def opened(self, document: Document) -> None:
        """Start tracking an opened document, before its first edit."""
        ...

    def edited(self, uri: str, replacements: list[Replacement]) -> None:
        """Handle an edit, immediately after the document changed."""
        ...

    def stop(self, code: int) -> None:
        """Request the end of the process."""
        ...


class PodiumProtocol(_Base):  # type: ignore[misc] # see above
    """The JSON-RPC protocol of one connection."""

    _server: Host
    _request_futures: dict[Any, Future[Any]]
    _shutdown: bool
    _workspace: Any
    fm: Any
    msg_id: Any

    def __init__(self, server: Any, converter: Any) -> None:
        self._command_tasks: dict[Any, asyncio.Task[Any]] = {}
        self._library().__init__(server, converter)

    def _library(self) -> Any:
        return super()

    # -- messages

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Return the object unchanged: the JSON reader also calls this for nested objects."""
        return data

    def handle_message(self, message: Any) -> None:
        """Handle one message; every request gets a response, however malformed it is."""
        message = cast("dict[str, Any] | None", message if isinstance(message, dict) else None)
        if message is None:
            _LOG.warning("a message is not an object")
            return
        is_request = "id" in message and isinstance(message.get("method"), str)
        if is_request and (refusal := self._refusal(message["method"])) is not None:
            self._send_response(message["id"], error=refusal)
            return
        try:
            envelope = self._library().structure_message(message)
        except JsonRpcException as error:
            _LOG.warning("malformed message: %s", message.get("method", "a response"))
            if is_request:
                self._send_response(message["id"], error=error.to_response_error())
            elif "id" in message:
                self._give_up(message["id"])
            return
        self._library().handle_message(envelope)

    def _execute_handler(self, msg_id: Any, *given: Any, **named: Any) -> None:
        """Run a handler and release its future, which pygls never does for notifications."""
        self._library()._execute_handler(msg_id, *given, **named)
        future = self._request_futures.get(msg_id)
        if future is not None:
            future.add_done_callback(partial(self._forget, msg_id))

    def _forget(self, message_id: Any, future: Any) -> None:
        if self._request_futures.get(message_id) is future:
            del self._request_futures[message_id]

    def _refusal(self, method: str) -> t.ResponseError | None:
        if self._shutdown:
            code = t.ErrorCodes.InvalidRequest
            return t.ResponseError(code=code, message="The server is shutting down")
        if self._workspace is None and method not in _BEFORE_INITIALIZE:
            code = t.ErrorCodes.ServerNotInitialized
            return t.ResponseError(code=code, message="The first request must be initialize")
        return None

    def _give_up(self, message_id: Any) -> None:
        """Fail the request that is waiting for a malformed response."""
        future = self._request_futures.pop(message_id, None)
        if future is not None and not future.done():
            future.set_exception(JsonRpcInvalidParams("The response is malformed"))

    def _handle_response(
        self, msg_id: Any, result: Any | None = None, error: t.ResponseError | None = None
    ) -> None:
        """Handle a response; drop it if its request was abandoned."""
        future = self._request_futures.get(msg_id)
        if future is not None and future.done():
            self._request_futures.pop(msg_id, None)
            return
        self._library()._handle_response(msg_id, result, error)

    # -- commands

    @lsp_method(t.WORKSPACE_EXECUTE_COMMAND)
    def lsp_workspace__execute_command(
        self, params: t.ExecuteCommandParams
    ) -> Generator[Handler, Any, Any]:
        """Run a command in a task, so that it can be cancelled."""
        handler = self.fm.commands.get(params.command)
        if handler is None:
            raise JsonRpcInvalidParams(f"Unknown command {params.command!r}")
        message_id = self.msg_id

        async def run() -> Any:
            task = asyncio.current_task()
            assert task is not None, "it runs in a task"
            self._command_tasks[message_id] = task
            try:
                return await handler(params)
            finally:
                self._command_tasks.pop(message_id, None)

        return (yield run, (), None)

    def _handle_cancel_notification(self, msg_id: Any) -> None:
        if (task := self._command_tasks.get(msg_id)) is not None:
            task.cancel()
        self._library()._handle_cancel_notification(msg_id)

    # -- shutdown

    @lsp_method(t.SHUTDOWN)
    def lsp_shutdown(self, *args: Any) -> Generator[Handler, Any, None]:
        """Cancel all requests in progress, then shut down."""
        for task in list(self._command_tasks.values()):
            task.cancel()
        for message_id, future in list(self._request_futures.items()):
            if message_id != self.msg_id and not future.done():
                future.cancel()
        self._request_futures = {
            key: each for key, each in self._request_futures.items() if not each.done()
        }
        yield from self._library().lsp_shutdown(*args)

    @lsp_method(t.EXIT)
    def lsp_exit(self, *args: Any) -> None:
        """End the process with exit code 0 after `shutdown`, else 1."""
        del args
        self._server.stop(0 if self._shutdown else 1)

    # -- documents

    @lsp_method(t.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(
        self, params: t.DidOpenTextDocumentParams
    ) -> Generator[Handler, Any, None]:
        """Open the document before any handler runs."""
        self._server.opened(self._server.session.documents.open(params.text_document))
        yield from self._passed_on(t.TEXT_DOCUMENT_DID_OPEN, params)

    @lsp_method(t.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(
        self, params: t.DidChangeTextDocumentParams
    ) -> Generator[Handler, Any, None]:
        """Apply the changes before any handler runs."""
        made = self._server.session.documents.change(
            params.text_document, [*params.content_changes]
        )
        self._server.edited(params.text_document.uri, made)
        yield from self._passed_on(t.TEXT_DOCUMENT_DID_CHANGE, params)

    @lsp_method(t.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(
        self, params: t.DidCloseTextDocumentParams
    ) -> Generator[Handler, Any, None]:
        """Close the document before any handler runs."""
        self._server.session.documents.close(params.text_document.uri)
        yield from self._passed_on(t.TEXT_DOCUMENT_DID_CLOSE, params)

    def _passed_on(self, method: str, params: Any) -> Generator[Handler, Any, None]:
        handler = self.fm.features.get(method)
        if handler is not None:
            yield handler, (params,), None
