"""The stdio transport: connects the loaded server to the bootstrap."""

import json
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import mcp_types as wire
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from pydantic import JsonValue, ValidationError

from podium_mcp.bootstrap import Bootstrap
from podium_mcp.context.project import Project
from podium_mcp.server.server import build_server
from podium_mcp.tools.tool import Tier

_PARSE_ERROR = -32700
_INVALID_REQUEST = -32600


def run_server(bootstrap: Bootstrap, tier: str, folder: str) -> int:
    """Serve the queued lines until the host closes the stream; return the exit code."""
    anyio.run(_run, bootstrap, Tier(tier), Path(folder))
    return 0


async def _run(bootstrap: Bootstrap, tier: Tier, folder: Path) -> None:
    server = build_server(Project(folder), tier)
    to_server, from_host = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    to_host, from_server = anyio.create_memory_object_stream[SessionMessage](0)
    async with anyio.create_task_group() as group:
        group.start_soon(_read, bootstrap, to_server)
        group.start_soon(_write, bootstrap, from_server)
        bootstrap.hand_over()
        await server.run(from_host, to_host, server.create_initialization_options())


async def _read(
    bootstrap: Bootstrap, to_server: MemoryObjectSendStream[SessionMessage | Exception]
) -> None:
    async with to_server:
        while True:
            # If the server ends first, the thread stays blocked on the queue: do not wait for it.
            line = await anyio.to_thread.run_sync(bootstrap.lines.get, abandon_on_cancel=True)
            if line is None:
                return
            try:
                message = wire.jsonrpc_message_adapter.validate_json(line, by_name=False)
            except ValidationError:
                await _send(bootstrap, _refusal(line))
                continue
            await to_server.send(SessionMessage(message))


async def _write(
    bootstrap: Bootstrap, from_server: MemoryObjectReceiveStream[SessionMessage]
) -> None:
    async with from_server:
        async for item in from_server:
            document = item.message.model_dump(by_alias=True, mode="json", exclude_unset=True)
            if not bootstrap.was_answered(document):
                await _send(bootstrap, document)


async def _send(bootstrap: Bootstrap, document: dict[str, Any]) -> None:
    # Lone surrogates in truncated text cannot be encoded, but their escapes can.
    line = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    try:
        content = line.encode()
    except UnicodeEncodeError:
        content = json.dumps(document, separators=(",", ":")).encode()
    try:
        await anyio.to_thread.run_sync(bootstrap.write, content)
    except OSError:
        # The host is gone; end-of-file on stdin will shut the server down.
        return


def _refusal(line: bytes) -> dict[str, Any]:
    """Return the error for a line that is not a message, with the line's id, if any."""
    try:
        found: JsonValue = json.loads(line)
    except (ValueError, RecursionError):
        return _error(None, _PARSE_ERROR, "This line is not JSON")
    name = found.get("id") if isinstance(found, dict) else None
    usable = name if isinstance(name, str | int) and not isinstance(name, bool) else None
    return _error(usable, _INVALID_REQUEST, "This is not a JSON-RPC message")


def _error(name: str | int | None, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": name, "error": {"code": code, "message": message}}
