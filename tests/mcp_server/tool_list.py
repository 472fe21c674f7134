"""What a model sees of the tools, and how many tokens that costs; both are kept as files."""

import hashlib
import json
from pathlib import Path
from typing import Any

from podium_mcp.tools.registry import TOOLS
from podium_mcp.tools.tool import Tier, Tool
from tests.mcp_server.readable import readable

FOLDER = Path(__file__).parent / "goldens"
LISTED = FOLDER / "tools.yaml"
COUNTED = FOLDER / "tokens.json"


def visible(tool: Tool[Any]) -> dict[str, Any]:
    """Return what hosts show their model of a tool."""
    dumped = tool.declaration().model_dump(by_alias=True, mode="json", exclude_none=True)
    return {key: dumped[key] for key in ("name", "description", "inputSchema")}


def text_of(tier: Tier) -> str:
    """Return the list of a tier as it reaches a model."""
    seen = [visible(tool) for tool in TOOLS if tool.is_in(tier)]
    return json.dumps(seen, separators=(",", ":"), ensure_ascii=False)


def listed() -> str:
    """Return all tools, one field a line, for people to review."""
    return readable([visible(tool) for tool in TOOLS])


def digest(tier: Tier) -> str:
    """Return what tells whether a list is still the one whose tokens were counted."""
    return hashlib.sha256(text_of(tier).encode()).hexdigest()[:12]
