"""The commands in the order of the help text; a command's module is imported on first use.

The help needs only this table, so it does not import any operation.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from podium_cli.verb import Verb

if TYPE_CHECKING:
    # Importing the context loads the engine, which the help does not need.
    from podium_cli.context import Run

COMMANDS: dict[str, tuple[str, ...]] = {
    "Start here": (
        "init",
        "plan",
        "approve",
        "run",
        "land",
    ),
    "Plans": (
        "show",
        "plans",
        "edit",
        "reject",
        "reset",
        "export",
        "import",
        "check",
    ),
    "Tasks and findings": (
        "tasks",
        "task",
        "next",
        "claim",
        "done",
        "findings",
        "finding",
        "dismiss",
        "add-finding",
        "settle",
        "fix",
        "revert",
        "reopen",
        "export-findings",
        "audit",
        "syntax",
        "blame",
    ),
    "Runs": (
        "status",
        "questions",
        "answer",
        "pause",
        "continue",
        "cancel",
        "report",
        "usage",
    ),
    "Sessions and thoughts": (
        "sessions",
        "session",
        "new-session",
        "note",
        "resume",
        "context",
        "history",
        "think",
        "thoughts",
    ),
    "Project and machine": (
        "recover",
        "snapshots",
        "restore",
        "migrate",
        "gc",
        "journal",
        "agents",
        "config",
        "trust",
        "doctor",
        "mcp",
        "lsp",
        "demo",
        "completion",
    ),
}
"""The commands under each heading of the help."""

PARTS: dict[str, tuple[str, ...]] = {
    "agents": ("test", "rest", "wake", "policy", "add", "remove"),
    "questions": ("revoke",),
}
"""The subcommands of a command; without one, the command runs its own operation."""

HIDDEN = ("git-merge",)
"""Commands for other programs, not for users."""

FORMER_NAMES = {"audit-log": "journal"}
"""Previous names that are still accepted, and the current ones."""

NAMES = tuple(name for names in COMMANDS.values() for name in names)


def summaries() -> dict[str, str]:
    """Return a one-line summary of each command.

    A test compares the summaries file with the operations' docstrings; `pytest --update`
    regenerates it.
    """
    text = Path(__file__).with_name("summaries.txt").read_text(encoding="utf-8")
    return dict(line.split(": ", 1) for line in text.splitlines())


def load_verb(name: str) -> tuple[Verb, "Run"]:
    """Return a command's description and the function that runs it.

    Raises:
        ModuleNotFoundError: the command does not exist or does not run an operation.
    """
    from podium_cli.commands.simple import VERBS

    if name in VERBS:
        from podium_cli.context import run_once, run_text

        return VERBS[name], run_text if VERBS[name].prints_text else run_once
    module = import_module(f"podium_cli.commands.{name.replace('-', '_')}")
    return module.VERB, module.run
