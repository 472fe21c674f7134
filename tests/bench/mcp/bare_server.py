"""The least server that the SDK can be: one tool, no state. The limit that ours is held to."""

from typing import Any

import anyio
import mcp_types as wire
from mcp.server import Server
from mcp.server.stdio import stdio_server

SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}}


async def on_list_tools(context: Any, params: Any) -> wire.ListToolsResult:
    return wire.ListToolsResult(tools=[wire.Tool(name="echo", input_schema=SCHEMA)])


async def on_call_tool(context: Any, params: wire.CallToolRequestParams) -> wire.CallToolResult:
    return wire.CallToolResult(content=[wire.TextContent(text="echo")])


async def main() -> None:
    server: Server[Any] = Server("bare", on_list_tools=on_list_tools, on_call_tool=on_call_tool)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


if __name__ == "__main__":
    anyio.run(main)
