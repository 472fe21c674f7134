"""Explains the store's problems, asks, and repairs it."""

import click

from podium.app.connection import Given
from podium_cli.context import NO, Shell
from podium_cli.verb import Verb

VERB = Verb(
    "store.recover",
    arguments=("path",),
    examples=(
        "podium recover",
        "podium recover --dry-run",
        "podium recover plans/p-7k3/plan.json --remedy theirs",
    ),
    hidden_parameters=frozenset({"tokens"}),
    extra_options=(
        click.Option(["dry_run", "--dry-run"], is_flag=True, help="show the remedies only"),
    ),
)


async def run(shell: Shell) -> int:
    """Recover with the given parameters."""
    return await recover(shell, shell.params(), dry_run=bool(shell.flag("dry_run")))


async def recover(shell: Shell, params: Given, *, dry_run: bool) -> int:
    """Apply the repairs that the person approves; without a terminal or `--yes`, only explain.

    The exit code shows whether a problem remains.
    """
    only_explain = dry_run or not (shell.flag("yes") or shell.is_interactive)
    call = shell.preview if only_explain else shell.call
    report = await call("store.recover", params)
    shell.show(report, of="store.recover")
    return NO if report.troubles else 0
