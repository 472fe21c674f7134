"""Public programs that test an MCP server, and hosts that use one; installed from npm, pinned.

    python -m tests.support.mcp_tools        install what is missing
    python -m tests.support.mcp_tools codex  only that one

They stand beside the agents (see `tests.support.agents`), in the same folder that git ignores.
"""

import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.agents import agents_folder

_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class McpTool:
    """One pinned program.

    Args:
        package: its npm package and version; `{platform}` is filled in.
        program: what is executed, relative to `node_modules`; `{platform}` is filled in.
        runs_on_node: whether `program` is a script for node, not a program of its own.
    """

    package: str
    program: str
    runs_on_node: bool = True


TOOLS = {
    "node22": McpTool("node-{platform}@22.23.3", "node-{platform}/bin/node", runs_on_node=False),
    "conformance": McpTool(
        "@modelcontextprotocol/conformance@0.2.0-alpha.12",
        "@modelcontextprotocol/conformance/dist/index.js",
    ),
    "inspector": McpTool("@modelcontextprotocol/inspector@2.12.0", ".bin/mcp-inspector"),
    "sequential-thinking": McpTool(
        "@modelcontextprotocol/server-sequential-thinking@2026.8.31",
        "@modelcontextprotocol/server-sequential-thinking/dist/index.js",
    ),
    "tokenizer": McpTool("gpt-tokenizer@4.0.0", "gpt-tokenizer/package.json"),
    "gemini": McpTool("@google/gemini-cli@0.61.0", "@google/gemini-cli/bundle/gemini.js"),
    "codex": McpTool(
        "@openai/codex@0.169.0",
        "@openai/codex-{platform}/vendor/{triple}/bin/codex",
        runs_on_node=False,
    ),
    "claude": McpTool(
        "@anthropic-ai/claude-code@2.1.328",
        "@anthropic-ai/claude-code-{platform}/claude",
        runs_on_node=False,
    ),
}


def tool_command(name: str) -> list[str] | None:
    """Return what to execute, or None when it is not installed at its version.

    Args:
        name: a key of `TOOLS`.
    """
    tool = TOOLS[name]
    folder = agents_folder() / name
    program = folder / "node_modules" / _filled(tool.program)
    if _installed(folder) != _filled(tool.package) or not program.exists():
        return None
    if not tool.runs_on_node:
        return [str(program)]
    node = tool_command("node22")
    return [*node, str(program)] if node else None


def install(names: Sequence[str] = tuple(TOOLS)) -> None:
    """Install what is not there yet, without running any package's scripts.

    Raises:
        subprocess.CalledProcessError: npm failed; it has said why.
    """
    for name in dict.fromkeys(["node22", *names]):
        folder, package = agents_folder() / name, _filled(TOOLS[name].package)
        if _installed(folder) == package:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true}\n')
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(["npm", "install", *options, package], cwd=folder, check=True)
        (folder / "installed").write_text(package)


def count_tokens(text: str) -> int | None:
    """Return how many tokens (o200k) a text has, or None when the tokenizer is not installed."""
    command = tool_command("tokenizer")
    if command is None:
        return None
    node, package = command[0], Path(command[-1]).parent
    script = (
        f"import {{encode}} from {json.dumps(str(package / 'esm/encoding/o200k_base.js'))};"
        "let s='';process.stdin.on('data',d=>s+=d).on('end',()=>console.log(encode(s).length))"
    )
    done = subprocess.run(
        [node, "--input-type=module", "-e", script],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def _installed(folder: Path) -> str:
    try:
        return (folder / "installed").read_text()
    except FileNotFoundError:
        return ""


def _filled(text: str) -> str:
    machine = platform.machine().lower()
    system = "unknown-linux-musl" if sys.platform == "linux" else "apple-darwin"
    kind = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    return text.format(
        platform=f"{sys.platform}-{_MACHINES.get(machine, machine)}", triple=f"{kind}-{system}"
    )


if __name__ == "__main__":
    install(sys.argv[1:] or tuple(TOOLS))
    for each in TOOLS:
        sys.stdout.write(f"{each}: {tool_command(each) or 'cannot be used here'}\n")
