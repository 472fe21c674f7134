"""Parses `podium lsp` and starts the server; imports only what `--help` needs."""

import sys
from collections.abc import Sequence

HELP = """\
Usage: podium lsp [--stdio] [--log-level error|warning|info|debug]

Serve editors that speak the Language Server Protocol, over standard input and output.
Editors start it themselves; see docs/editors.md for the setup.

  --stdio            the only transport; accepted because editors pass it
  --log-level LEVEL  the least severe messages to log (default: warning); the log is in the user's
                     state folder
"""
LEVELS = ("error", "warning", "info", "debug")
WRONG_USE = 2


def start(words: Sequence[str]) -> int:
    """Run `podium lsp` with the given arguments and return the exit code."""
    if "--help" in words or "-h" in words:
        sys.stdout.write(HELP)
        return 0
    level, wrong = _options(words)
    if wrong:
        sys.stderr.write(f"podium lsp: {wrong}\n\n{HELP}")
        return WRONG_USE
    from podium_lsp.server.stdio import serve

    return serve(level)


def _options(words: Sequence[str]) -> tuple[str, str]:
    """Return the log level and an error message, which is empty if the arguments are valid."""
    level, rest = "warning", list(words)
    while rest:
        word, equals, value = rest.pop(0).partition("=")
        # Node clients pass their process id for the server to watch; `initialize` contains it too.
        if word == "--stdio" or word.startswith("--clientProcessId"):
            continue
        if word != "--log-level":
            return level, f"unknown option {word!r}"
        level = value if equals else (rest.pop(0) if rest else "")
        if level not in LEVELS:
            return level, f"--log-level must be one of: {', '.join(LEVELS)}"
    return level, ""
