"""Lists sessions; with `--recover`, the old spelling of `podium recover`."""

import click

from podium_cli.commands.recover import recover
from podium_cli.context import Shell
from podium_cli.verb import Verb

VERB = Verb(
    "session.list",
    arguments=("*where",),
    examples=("podium sessions type:planning state:active tag:parser",),
    extra_options=(
        click.Option(["recover", "--recover"], is_flag=True, help="the same as podium recover"),
    ),
)


async def run(shell: Shell) -> int:
    """List sessions, or recover the store."""
    if shell.flag("recover"):
        return await recover(shell, {}, dry_run=False)
    shell.show(await shell.run(shell.params()))
    return 0
