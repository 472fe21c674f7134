"""Checks whether a plan is complete."""

from podium_cli.context import NO, Shell
from podium_cli.verb import Verb

VERB = Verb("plan.check", arguments=("plan",), examples=("podium check", "podium check --json"))


async def run(shell: Shell) -> int:
    """Show the verdict; the exit code shows whether the plan is complete."""
    verdict = await shell.run(shell.params())
    shell.show(verdict)
    return 0 if verdict.complete else NO
