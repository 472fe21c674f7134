"""The command line of `podium mcp …`; connects the bootstrap to the server.

Only the standard library is imported until the bootstrap has answered the first request.
"""

import os
import sys
from collections.abc import Sequence

TIERS = ("core", "default", "all", "read-only")

HELP = """\
Usage: podium mcp [--tools core|default|all|read-only] [--project DIR]
       podium mcp --http HOST:PORT [--allow-host NAME] [--i-know] [--tools …] [--project DIR]
       podium mcp install HOST [--print | --yes]

Serve the project to an AI assistant that speaks the Model Context Protocol.

  --tools SET       the set of tools to offer (default: default)
  --project DIR     the project's folder (default: the current folder)
  --http HOST:PORT  serve over HTTP, with a token, instead of standard input and output
  --allow-host NAME also accept requests for this host name, for instance from a proxy
  --i-know          listen on an address that other machines can reach; put TLS in front of it
  install HOST      configure claude, codex, gemini, qwen, opencode, copilot, vscode, cursor
                    or zed to start the server: shows the change and asks; --yes writes it
                    without asking, --print only prints the snippet
"""

WRONG_USE = 2


def start(words: Sequence[str]) -> int:
    """Run `podium mcp` with its arguments and return the exit code."""
    if "--help" in words or "-h" in words:
        sys.stdout.write(HELP)
        return 0
    if words[:1] == ["install"]:
        from podium_mcp.install.command import install

        return install(words[1:])
    options = _options(words)
    if isinstance(options, str):
        sys.stderr.write(f"podium mcp: {options}\n\n{HELP}")
        return WRONG_USE
    folder = os.path.abspath(options.get("--project", "."))
    tier = options.get("--tools", "default")
    if "--http" in options:
        from podium_mcp.server.http import serve_http

        return serve_http(
            options["--http"],
            tier,
            folder,
            reachable="--i-know" in options,
            hosts=options.get("--allow-host", ""),
        )
    from podium_mcp.bootstrap import start_bootstrap

    bootstrap = start_bootstrap(tier)
    from podium_mcp.server.stdio import run_server

    return run_server(bootstrap, tier, folder)


def _options(words: Sequence[str]) -> dict[str, str] | str:
    """Return the options by name, or an error message."""
    options: dict[str, str] = {}
    rest = list(words)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if name == "--i-know":
            options[name] = ""
        elif name not in ("--tools", "--project", "--http", "--allow-host"):
            return f"there is no option {name!r}"
        elif equals or rest:
            options[name] = value if equals else rest.pop(0)
        else:
            return f"{name} needs a value"
    if options.get("--tools", "default") not in TIERS:
        return f"--tools is one of: {', '.join(TIERS)}"
    return options
