"""The server of one editor: what it holds, and how methods and commands reach their modules."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types as t
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from podium import __version__
from podium.errors import PodiumError
from podium_lsp.client import Client
from podium_lsp.commands import OWN, command_of, operation_ids
from podium_lsp.documents import Documents, Replacement
from podium_lsp.log import write_crash
from podium_lsp.methods import NOTIFICATIONS, REQUESTS
from podium_lsp.processes import is_alive
from podium_lsp.protocol import PodiumProtocol
from podium_lsp.settings import Settings

if TYPE_CHECKING:
    from podium_lsp.workroom import Workroom

_LOG = logging.getLogger("podium_lsp.server")
REQUEST_FAILED = -32803
"""`LSPErrorCodes.RequestFailed`: a well-formed request that could not be met."""


class PodiumServer(LanguageServer):
    """What one editor is served with."""

    def __init__(self) -> None:
        self.documents = Documents()
        self.settings = Settings()
        self.client = Client(self)
        self.watched_editor: int | None = None
        self._workroom: Workroom | None = None
        self._end: Callable[[int], None] = lambda code: None
        self._tasks: set[asyncio.Task[Any]] = set()
        library: Any = super()  # one of its parameters carries no type
        library.__init__("podium", __version__, protocol_cls=PodiumProtocol)

    @property
    def workroom(self) -> "Workroom":
        """Return what works behind the editor's back; the engine is loaded by its first use."""
        if self._workroom is None:
            from podium_lsp.workroom import Workroom

            self._workroom = Workroom(self)
        return self._workroom

    # -- life

    def begin(self, end: Callable[[int], None]) -> None:
        """Remember how to end the process."""
        self._end = end

    def stop(self, code: int) -> None:
        """End the process soon."""
        self._end(code)

    async def finish(self) -> None:
        """Put everything away."""
        for task in list(self._tasks):
            task.cancel()
        if self._workroom is not None:
            await self._workroom.close()

    def spawn(self, work: Coroutine[Any, Any, Any], what: str) -> asyncio.Task[Any]:
        """Do something beside the requests; a bug in it is written down and nothing else."""
        task = asyncio.create_task(_crash_kept(work, what))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Write an error to the log; people are not shown what they cannot act upon."""
        if not isinstance(error, JsonRpcException):
            _LOG.error("%s: %s", source, error)

    # -- texts

    def edited(self, uri: str, replacements: list[Replacement]) -> None:
        """Let findings move with an edit, and the parser follow it."""
        if self._workroom is not None:
            self._workroom.edited(uri, replacements)


def build_server() -> PodiumServer:
    """Return the server with all its methods and commands."""
    server = PodiumServer()
    for method, (module, options) in REQUESTS.items():
        server.feature(method, options)(_request(server, f"podium_lsp.requests.{module}"))
    for method, (module, options) in NOTIFICATIONS.items():
        server.feature(method, options)(_notice(server, f"podium_lsp.notifications.{module}"))
    run = _command(server)
    # One function serves all commands; the library would want one for each.
    commands = cast("dict[str, Any]", server.protocol.fm.commands)  # pyright: ignore[reportUnknownMemberType] # the library says no more than `Dict`
    commands.update(dict.fromkeys((*map(command_of, operation_ids()), *OWN), run))
    server.feature(t.INITIALIZE)(_initialize(server))
    return server


def _initialize(server: PodiumServer) -> Callable[[t.InitializeParams], None]:
    def initialize(params: t.InitializeParams) -> None:
        server.client.learn(params)
        # An editor in another container has a number that means nothing here.
        pid = params.process_id
        server.watched_editor = pid if pid and pid > 0 and is_alive(pid) else None
        server.documents.encoding = server.client.encoding(server.workspace.position_encoding)

    return initialize


Handle = Callable[[PodiumServer, Any], Awaitable[Any]]


def _request(server: PodiumServer, module: str) -> Callable[[Any], Awaitable[Any]]:
    async def answer(params: Any) -> Any:
        try:
            return await _handler(module)(server, params)
        except (PodiumError, Exception) as error:
            raise _told(error, module) from error

    return answer


def _notice(server: PodiumServer, module: str) -> Callable[[Any], Awaitable[None]]:
    async def take_in(params: Any) -> None:
        await _crash_kept(_handler(module)(server, params), module)

    return take_in


def _command(server: PodiumServer) -> Callable[[t.ExecuteCommandParams], Awaitable[Any]]:
    async def run(params: t.ExecuteCommandParams) -> Any:
        try:
            return await _handler("podium_lsp.executing")(server, params)
        except (PodiumError, Exception) as error:
            raise _told(error, params.command) from error

    return run


def _handler(module: str) -> Handle:
    return cast("Handle", import_module(module).handle)


def _told(error: Exception, where: str) -> JsonRpcException:
    """Return an error as the editor is told it: what, why and what to do; no trace."""
    if isinstance(error, JsonRpcException):
        return error
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
    message = f"Podium itself broke down; the trace is in its log under {reference}"
    return JsonRpcException(message, REQUEST_FAILED, {"code": "internal", "reference": reference})


async def _crash_kept(work: Awaitable[Any], what: str) -> None:
    try:
        await work
    except PodiumError as error:
        _LOG.warning("%s: %s", what, error)
    except Exception as error:  # noqa: BLE001 - the outermost handler of a server that goes on
        write_crash(error, what)
