"""Finds the tools: each module of this package that defines a `TOOL` adds one to the list."""

from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

from podium_mcp import tools
from podium_mcp.tools.tool import Tool


def discover(package: ModuleType) -> tuple[Tool[Any], ...]:
    """Return the tools in a package and its subpackages, in their order.

    Raises:
        ValueError: two tools have the same name.
    """
    found: dict[str, Tool[Any]] = {}
    for module in walk_packages(package.__path__, f"{package.__name__}."):
        if module.name == __name__:
            continue
        tool = getattr(import_module(module.name), "TOOL", None)
        if not isinstance(tool, Tool):
            continue
        if tool.name in found:
            raise ValueError(f"{module.name} defines {tool.name}, like another module")
        found[tool.name] = tool
    return tuple(sorted(found.values(), key=lambda tool: (tool.order, tool.name)))


TOOLS = discover(tools)
"""The tools as hosts see them; every subset has the same order."""
