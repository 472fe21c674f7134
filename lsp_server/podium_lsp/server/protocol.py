"""The library's protocol with its faults repaired; must not know what the server serves.

What is repaired, each with a test of its own: a cancelled command goes on running; shutting down
with requests under way breaks; a late answer to a question that was given up pops up an error;
objects that look like an envelope inside of parameters, and parameters of a wrong shape, leave a
request without an answer; what was made for a notification is kept for ever. It touches names that
the library calls private, so the library is pinned to one minor version.
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
"""Half of the library carries no types, so the checkers are told to expect nothing of it."""


class Host(Protocol):
    """The server that a protocol belongs to, as far as the protocol uses it."""

    session: Session

    def opened(self, document: Document) -> None:
        """Take in a text that was opened, before its first edit."""
        ...

    def edited(self, uri: str, replacements: list[Replacement]) -> None:
        """Take in an edit, right after the text has changed."""
        ...

    def stop(self, code: int) -> None:
        """End the process soon."""
        ...


class PodiumProtocol(_Base):  # type: ignore[misc] # see above
    """The protocol of one connection."""

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

    # -- envelopes

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Leave objects as they are: the reader would call this for every nested one too."""
        return data

    def handle_message(self, message: Any) -> None:
        """Take in one message; every request is answered, whatever is wrong with it."""
        message = cast("dict[str, Any] | None", message if isinstance(message, dict) else None)
        if message is None:
            _LOG.warning("a message is no object")
            return
        is_request = "id" in message and isinstance(message.get("method"), str)
        if is_request and (refusal := self._refusal(message["method"])) is not None:
            self._send_response(message["id"], error=refusal)
            return
        try:
            envelope = self._library().structure_message(message)
        except JsonRpcException as error:
            _LOG.warning("malformed: %s", message.get("method", "an answer"))
            if is_request:
                self._send_response(message["id"], error=error.to_response_error())
            elif "id" in message:
                self._give_up(message["id"])
            return
        self._library().handle_message(envelope)

    def _execute_handler(self, msg_id: Any, *given: Any, **named: Any) -> None:
        """Run a handler and forget it once done; the library keeps a notification's for ever."""
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
            return t.ResponseError(code=code, message="The first request is initialize")
        return None

    def _give_up(self, message_id: Any) -> None:
        """End the wait for an answer that cannot be understood."""
        future = self._request_futures.pop(message_id, None)
        if future is not None and not future.done():
            future.set_exception(JsonRpcInvalidParams("The answer cannot be understood"))

    def _handle_response(
        self, msg_id: Any, result: Any | None = None, error: t.ResponseError | None = None
    ) -> None:
        """Take in an answer; one that nobody waits for any more is dropped."""
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
        """Run a command in a task that its cancellation reaches."""
        handler = self.fm.commands.get(params.command)
        if handler is None:
            raise JsonRpcInvalidParams(f"There is no command {params.command!r}")
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

    # -- the end

    @lsp_method(t.SHUTDOWN)
    def lsp_shutdown(self, *args: Any) -> Generator[Handler, Any, None]:
        """Cancel what is under way, then shut down."""
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
        """End the process: 0 after `shutdown`, else 1."""
        del args
        self._server.stop(0 if self._shutdown else 1)

    # -- documents

    @lsp_method(t.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(
        self, params: t.DidOpenTextDocumentParams
    ) -> Generator[Handler, Any, None]:
        """Take the text in before anything else happens."""
        self._server.opened(self._server.session.documents.open(params.text_document))
        yield from self._passed_on(t.TEXT_DOCUMENT_DID_OPEN, params)

    @lsp_method(t.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(
        self, params: t.DidChangeTextDocumentParams
    ) -> Generator[Handler, Any, None]:
        """Take the changes in before anything else happens."""
        made = self._server.session.documents.change(
            params.text_document, [*params.content_changes]
        )
        self._server.edited(params.text_document.uri, made)
        yield from self._passed_on(t.TEXT_DOCUMENT_DID_CHANGE, params)

    @lsp_method(t.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(
        self, params: t.DidCloseTextDocumentParams
    ) -> Generator[Handler, Any, None]:
        """Forget the text before anything else happens."""
        self._server.session.documents.close(params.text_document.uri)
        yield from self._passed_on(t.TEXT_DOCUMENT_DID_CLOSE, params)

    def _passed_on(self, method: str, params: Any) -> Generator[Handler, Any, None]:
        handler = self.fm.features.get(method)
        if handler is not None:
            yield handler, (params,), None
