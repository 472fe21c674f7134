"""The pygls server, which dispatches methods and commands to their modules.

Handlers do not see the server: they receive a `Session`, or an object built on one.
"""

import logging
import uuid
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types as t
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from podium import __version__
from podium.errors import PodiumError
from podium.operations.installation import restart_hint
from podium_lsp.commands.names import OWN, command_of, operation_ids
from podium_lsp.server.methods import NOTIFICATIONS, REQUESTS, Method, Scope
from podium_lsp.server.parent_process import is_alive
from podium_lsp.server.protocol import PodiumProtocol
from podium_lsp.session.client import RequestRefused
from podium_lsp.session.documents import Document, Replacement
from podium_lsp.session.log import write_crash
from podium_lsp.session.session import Session
from podium_lsp.session.tasks import log_errors
from podium_lsp.session.work_done_progress import WorkCancelled

if TYPE_CHECKING:
    from podium_lsp.background.workspace import Workspace
    from podium_lsp.session.projects import Project

_LOG = logging.getLogger("podium_lsp.server.server")
REQUEST_FAILED = -32803
"""`LSPErrorCodes.RequestFailed`: a valid request that failed."""
REQUEST_CANCELLED = -32800
"""`LSPErrorCodes.RequestCancelled`."""


class PodiumServer(LanguageServer):
    """The pygls server of one connection; its state is in the session."""

    def __init__(self) -> None:
        self.session = Session(_Connection(self))
        self.watched_editor: int | None = None
        self._workspace: Workspace | None = None
        self._end: Callable[[int], None] = lambda code: None
        library: Any = super()  # one of its parameters is untyped
        library.__init__("podium", __version__, protocol_cls=PodiumProtocol)

    def load_workspace(self) -> "Workspace":
        """Return the workspace; the first use imports the engine."""
        if self._workspace is None:
            from podium_lsp.background.workspace import Workspace

            self._workspace = Workspace(self.session, self._cancel_run)
        return self._workspace

    async def _cancel_run(self, project: "Project", run_id: str) -> None:
        from podium_lsp.commands.execute import cancel_run

        await cancel_run(self.load_workspace(), project, run_id)

    # -- lifecycle

    def begin(self, end: Callable[[int], None]) -> None:
        """Set the callback that ends the process."""
        self._end = end

    def stop(self, code: int) -> None:
        """Request the end of the process."""
        self._end(code)

    async def finish(self) -> None:
        """Cancel all tasks and close everything."""
        self.session.tasks.cancel_all()
        if self._workspace is not None:
            await self._workspace.close()

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log an error; the user sees only errors that they can act on."""
        if not isinstance(error, JsonRpcException):
            _LOG.error("%s: %s", source, error)

    # -- documents

    def opened(self, document: Document) -> None:
        """Start tracking the locations of a document's findings."""
        if self._workspace is not None:
            self._workspace.text_opened(document)

    def edited(self, uri: str, replacements: list[Replacement]) -> None:
        """Apply an edit to the locations of findings and to the incremental parser."""
        if self._workspace is not None:
            self._workspace.edited(uri, replacements)


class _Connection:
    """Sends the session's messages through pygls.

    Args:
        server: the pygls server.
    """

    def __init__(self, server: PodiumServer) -> None:
        self._server = server

    @property
    def folder_uris(self) -> list[str]:
        workspace = self._server.workspace
        uris = [folder.uri for folder in workspace.folders.values()]
        return [*uris, workspace.root_uri] if workspace.root_uri else uris

    def notify(self, method: str, params: Any) -> None:
        self._server.protocol.notify(method, params)

    def request(self, method: str, params: Any) -> Awaitable[Any]:
        name = str(uuid.uuid4())
        return _answered(self._server.protocol.send_request_async(method, params, name))


async def _answered(answer: Awaitable[Any]) -> Any:
    try:
        return await answer
    except JsonRpcException as error:
        raise RequestRefused(error.message) from error


def build_server() -> PodiumServer:
    """Return a server with all methods and commands registered."""
    server = PodiumServer()
    for name, method in REQUESTS.items():
        server.feature(name, method.options)(_request(server, method))
    for name, method in NOTIFICATIONS.items():
        server.feature(name, method.options)(_notification(server, method))
    run = _command(server)
    # pygls expects one function per command; here one function handles all of them.
    commands = cast("dict[str, Any]", server.protocol.fm.commands)  # pyright: ignore[reportUnknownMemberType] # pygls declares a bare `Dict`
    commands.update(dict.fromkeys((*map(command_of, operation_ids()), *OWN), run))
    server.feature(t.INITIALIZE)(_initialize(server))
    return server


def _initialize(server: PodiumServer) -> Callable[[t.InitializeParams], None]:
    def initialize(params: t.InitializeParams) -> None:
        client = server.session.client
        client.learn(params)
        # The process id of an editor in another container is meaningless here.
        pid = params.process_id
        server.watched_editor = pid if pid and pid > 0 and is_alive(pid) else None
        server.session.documents.encoding = client.encoding(server.workspace.position_encoding)

    return initialize


def _request(server: PodiumServer, method: Method) -> Callable[[Any], Awaitable[Any]]:
    module = f"podium_lsp.requests.{method.module}"

    async def answer(params: Any) -> Any:
        try:
            return await _handle(server, module, method, params)
        except Exception as error:
            raise _as_response(error, module) from error

    return answer


def _notification(server: PodiumServer, method: Method) -> Callable[[Any], Awaitable[None]]:
    module = f"podium_lsp.notifications.{method.module}"

    async def take_in(params: Any) -> None:
        await log_errors(_handle(server, module, method, params), module)

    return take_in


def _command(server: PodiumServer) -> Callable[[t.ExecuteCommandParams], Awaitable[Any]]:
    async def run(params: t.ExecuteCommandParams) -> Any:
        try:
            return await _handler("podium_lsp.commands.execute")(server.load_workspace(), params)
        except Exception as error:
            raise _as_response(error, params.command) from error

    return run


async def _handle(server: PodiumServer, module: str, method: Method, params: Any) -> Any:
    """Call a handler with the argument that its scope requires."""
    handle = _handler(module)
    match method.scope:
        case Scope.SESSION:
            return await handle(server.session, params)
        case Scope.WORKSPACE:
            return await handle(server.load_workspace(), params)
        case Scope.DOCUMENT:
            from podium_lsp.requests.snapshot import snapshot_of

            snapshot = await snapshot_of(server.load_workspace(), params.text_document.uri)
            return await handle(snapshot, params) if snapshot else method.without_document


def _handler(module: str) -> Callable[[Any, Any], Awaitable[Any]]:
    return cast("Callable[[Any, Any], Awaitable[Any]]", import_module(module).handle)


def _as_response(error: Exception, where: str) -> JsonRpcException:
    """Return the error that the editor shows, with its cause and a hint but no traceback."""
    if isinstance(error, JsonRpcException):
        return error
    if isinstance(error, WorkCancelled):
        return JsonRpcException("The request was cancelled", REQUEST_CANCELLED)
    if isinstance(error, PodiumError) and error.code != "internal":
        hint = f" ({error.hints[0]})" if error.hints else ""
        data = {
            "code": error.code,
            "what": error.what,
            "why": error.why,
            "hints": list(error.hints),
        }
        return JsonRpcException(f"{error}{hint}", REQUEST_FAILED, data)
    reference = write_crash(error, where)
    message = f"Internal error; the traceback is in Podium's log under {reference}"
    data = {"code": "internal", "reference": reference}
    if restart := restart_hint(error):
        return JsonRpcException(
            f"{message} ({restart})", REQUEST_FAILED, data | {"hints": [restart]}
        )
    return JsonRpcException(message, REQUEST_FAILED, data)
