"""Starts or joins a run and follows it."""

import click

from podium.model.states import RunState
from podium_cli.context import Shell
from podium_cli.verb import Verb
from podium_cli.watch.follow import PLAIN, follow_run

VERB = Verb(
    "run.start",
    arguments=("plan",),
    examples=(
        "podium run",
        "podium run p-7k3 --max-parallel 3",
        "podium run --dry-run",
        "podium run --detach",
    ),
    options={"options": ("--option", "-o"), "max_parallel": ("--max-parallel", "-j")},
    extra_options=(
        click.Option(["detach", "--detach", "-d"], is_flag=True, help="do not follow the run"),
        click.Option(
            ["dry_run", "--dry-run"],
            is_flag=True,
            help="only show what would start, with which agents, and the expected cost",
        ),
        PLAIN,
    ),
)


async def run(shell: Shell) -> int:
    """Start the run and follow it, unless `--detach` is given."""
    if shell.flag("dry_run"):
        shell.show(await shell.call("run.preview", shell.params()), of="run.preview")
        return 0
    cursor = shell.connection.cursor()
    status = await shell.run(shell.params())
    if shell.flag("detach"):
        shell.show(status)
        return 0
    if status.state is RunState.PAUSED:
        await shell.call("run.resume", {"run": status.run_id})
    return await follow_run(shell, status.run_id, cursor)
