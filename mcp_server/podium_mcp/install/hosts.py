"""The hosts: the location of their settings files, and the form of a server entry."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from podium.errors import ValidationError

SERVER = "podium"


@dataclass(frozen=True)
class Host:
    """A program that starts MCP servers.

    Args:
        title: the display name.
        file: the settings file, relative to the project or the home folder.
        in_home: whether the settings belong to the user rather than the project.
        path: the keys that lead to the servers.
        entry: creates a server's entry from its command.
    """

    title: str
    file: str
    path: tuple[str, ...]
    entry: Callable[[list[str]], dict[str, JsonValue]]
    in_home: bool = False

    def location(self, project: Path, home: Path) -> Path:
        """Return the settings file."""
        return (home if self.in_home else project) / self.file

    def merged(self, text: str, command: list[str]) -> str:
        """Add the server to the settings and leave everything else unchanged.

        Raises:
            ValidationError: the file cannot be edited without losing information.
        """
        if self.file.endswith(".toml"):
            return _merged_toml(text, command)
        return _merged_json(text, self.path, self.entry(command))

    def snippet(self, command: list[str]) -> str:
        """Return the settings for an empty file."""
        return self.merged("", command)


def _plain(command: list[str]) -> dict[str, JsonValue]:
    return {"command": command[0], "args": [*command[1:]]}


def _typed(command: list[str]) -> dict[str, JsonValue]:
    return {"type": "stdio", **_plain(command)}


def _copilot(command: list[str]) -> dict[str, JsonValue]:
    return {"type": "local", **_plain(command), "tools": ["*"]}


def _opencode(command: list[str]) -> dict[str, JsonValue]:
    return {"type": "local", "command": [*command], "enabled": True}


_SERVERS = ("mcpServers",)

HOSTS: dict[str, Host] = {
    "claude": Host("Claude Code", ".mcp.json", _SERVERS, _typed),
    "codex": Host("Codex", ".codex/config.toml", ("mcp_servers",), _plain, in_home=True),
    "gemini": Host("Gemini CLI", ".gemini/settings.json", _SERVERS, _plain),
    "qwen": Host("Qwen Code", ".qwen/settings.json", _SERVERS, _plain),
    "opencode": Host("OpenCode", "opencode.json", ("mcp",), _opencode),
    "copilot": Host("Copilot CLI", ".copilot/mcp-config.json", _SERVERS, _copilot, in_home=True),
    "vscode": Host("VS Code", ".vscode/mcp.json", ("servers",), _typed),
    "cursor": Host("Cursor", ".cursor/mcp.json", _SERVERS, _typed),
    "zed": Host("Zed", ".zed/settings.json", ("context_servers",), _plain),
}


def _merged_json(text: str, path: tuple[str, ...], entry: dict[str, JsonValue]) -> str:
    try:
        document: JsonValue = json.loads(text) if text.strip() else {}
    except json.JSONDecodeError as error:
        raise ValidationError(
            "The settings cannot be edited without losing their comments",
            why=f"line {error.lineno} is not plain JSON",
            hints=["pass --print and insert the snippet by hand"],
        ) from error
    place = document
    for key in path:
        if not isinstance(place, dict):
            break
        place = place.setdefault(key, {})
    if not isinstance(place, dict):
        raise ValidationError("The settings do not have the expected structure")
    place[SERVER] = entry
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _merged_toml(text: str, command: list[str]) -> str:
    """Append the server's table; the file may contain comments, so it is never rewritten."""
    if f"[mcp_servers.{SERVER}]" in text:
        raise ValidationError(
            "The server is already configured", hints=["edit [mcp_servers.podium] by hand"]
        )
    rest = ", ".join(json.dumps(part) for part in command[1:])
    table = f"[mcp_servers.{SERVER}]\ncommand = {json.dumps(command[0])}\nargs = [{rest}]\n"
    return f"{text.rstrip()}\n\n{table}" if text.strip() else table
