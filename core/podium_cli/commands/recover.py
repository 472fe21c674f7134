"""Explains what is wrong with the store, asks, and repairs it."""

from typing import Any

import click

from podium_cli.confirm import YES
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
        YES,
        click.Option(["dry_run", "--dry-run"], is_flag=True, help="only show what can be done"),
    ),
)


async def run(shell: Shell) -> int:
    """Recover with the parameters that were given."""
    params = shell.params().model_dump(exclude_unset=True)
    return await recover(shell, params, dry_run=bool(shell.flag("dry_run")))


async def recover(shell: Shell, params: dict[str, Any], *, dry_run: bool) -> int:
    """Show the troubles, ask, and carry out the advised or the chosen remedies.

    The exit code says whether a trouble remains.
    """
    found = await shell.call("store.recover", **params)
    helpless = not any(each.remedies for each in found.troubles)
    agreed = bool(shell.flag("yes"))
    if dry_run or helpless or not (agreed or shell.is_interactive):
        shell.show(found, of="store.recover")
        return NO if found.troubles else 0
    if not agreed:
        shell.show(found, of="store.recover")
        if not click.confirm("Apply the recommended remedy to each?", default=False):
            return NO
    tokens = tuple(each.token for each in found.troubles)
    report = await shell.call("store.recover", **{**params, "tokens": tokens})
    shell.show(report, of="store.recover")
    return NO if report.troubles else 0
