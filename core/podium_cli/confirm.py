"""Confirmation of commands that are hard to undo."""

import click

from podium.errors import ValidationError
from podium_cli.context import NO, Run, Shell

YES = click.Option(["yes", "--yes", "-y"], is_flag=True, help="do not ask")
PREVIEW = click.Option(["preview", "--preview"], is_flag=True, help="only show what would change")


def must_ask(shell: Shell) -> bool:
    """Whether to ask; `--yes` confirms without asking.

    Raises:
        ValidationError: there is no terminal, and no `--yes`.
    """
    if shell.flag("yes"):
        return False
    if not shell.is_interactive:
        name = shell.invocation.name
        raise ValidationError(
            f"podium {name} needs a confirmation and cannot ask for it",
            why="there is no terminal, or --json is given",
            hints=[f"podium {name} --yes confirms without asking"],
        )
    return True


def confirmed(shell: Shell, question: str) -> bool:
    """Whether the user agrees.

    Raises:
        ValidationError: there is no terminal, and no `--yes`.
    """
    return not must_ask(shell) or click.confirm(question, default=False)


def ask_first(question: str) -> Run:
    """Return a command that asks, then runs its operation once."""

    async def run(shell: Shell) -> int:
        if not confirmed(shell, question):
            return NO
        shell.show(await shell.run(shell.params()))
        return 0

    return run
