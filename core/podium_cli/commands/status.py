"""Shows the status of a run, or follows it."""

import click

from podium_cli.context import Shell
from podium_cli.verb import Verb
from podium_cli.watch.follow import PLAIN, follow_run

VERB = Verb(
    "run.status",
    arguments=("run",),
    examples=("podium status", "podium status --follow"),
    extra_options=(
        click.Option(["follow", "--follow", "-f"], is_flag=True, help="follow the run to its end"),
        PLAIN,
    ),
)


async def run(shell: Shell) -> int:
    """Show the status once, or with `--follow` until the run has ended."""
    cursor = shell.connection.cursor()
    status = await shell.run(shell.params())
    if shell.flag("follow") and not status.ended:
        return await follow_run(shell, status.run_id, cursor)
    shell.show(status)
    return 0
