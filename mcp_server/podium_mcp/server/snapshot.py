"""Creates the snapshot of the server's answers that the bootstrap uses.

python -m podium_mcp.server.snapshot        regenerates it after a change to tools or prompts
"""

import json
from pathlib import Path
from typing import Any

import anyio
import mcp_types as wire
from mcp.shared.message import SessionMessage

from podium_mcp.bootstrap import (
    CAPABILITIES_KEY,
    CLIENT_KEY,
    LATEST_HANDSHAKE_VERSION,
    MODERN_VERSION,
    SNAPSHOT,
    VERSION_KEY,
)
from podium_mcp.context.project import Project
from podium_mcp.server.server import build_server
from podium_mcp.tools.registry import TOOLS
from podium_mcp.tools.tool import Tier

_CLIENT = {"name": "snapshot", "version": "1"}
_LISTS = ("tools/list", "prompts/list", "resources/templates/list")


async def make_snapshot() -> dict[str, Any]:
    """Return the server's answers by era and method, and the tools of each tier."""
    opening = {
        "protocolVersion": LATEST_HANDSHAKE_VERSION,
        "capabilities": {},
        "clientInfo": _CLIENT,
    }
    meta = {VERSION_KEY: MODERN_VERSION, CAPABILITIES_KEY: {}, CLIENT_KEY: _CLIENT}
    legacy = await ask({"initialize": opening} | {name: {} for name in _LISTS})
    modern = await ask({name: {"_meta": meta} for name in ("server/discover", *_LISTS)})
    return {
        "tiers": {tier: [tool.name for tool in TOOLS if tool.is_in(tier)] for tier in Tier},
        "legacy": legacy,
        "modern": modern,
    }


async def ask(requests: dict[str, dict[str, Any]], tier: Tier = Tier.ALL) -> dict[str, Any]:
    """Return the results of a new server by method, as sent to a host."""
    server = build_server(Project(Path("/")), tier)
    to_server, from_client = anyio.create_memory_object_stream[SessionMessage | Exception](10)
    to_client, from_server = anyio.create_memory_object_stream[SessionMessage](10)
    answers: dict[str, Any] = {}
    async with anyio.create_task_group() as group:
        options = server.create_initialization_options()
        group.start_soon(server.run, from_client, to_client, options)
        for method, params in requests.items():
            request = {"jsonrpc": "2.0", "id": method, "method": method, "params": params}
            message = wire.jsonrpc_message_adapter.validate_python(request, by_name=False)
            await to_server.send(SessionMessage(message))
            answer = (await from_server.receive()).message
            dumped = answer.model_dump(by_alias=True, mode="json", exclude_unset=True)
            answers[method] = dumped["result"]
        to_server.close()
    from_server.close()
    return answers


def text_of(snapshot: dict[str, Any]) -> str:
    """Serialize a snapshot."""
    return json.dumps(snapshot, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the snapshot."""
    Path(SNAPSHOT).write_text(text_of(anyio.run(make_snapshot)), encoding="utf-8")


if __name__ == "__main__":
    main()
