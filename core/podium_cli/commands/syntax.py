"""Checks the syntax of one file."""

from podium_cli.context import NO, Shell
from podium_cli.verb import Verb

VERB = Verb(
    "syntax.check",
    arguments=("path",),
    examples=("podium syntax src/a.py", "podium syntax src/a.py --since HEAD"),
)


async def run(shell: Shell) -> int:
    """Show the problems; the exit code shows whether one is an error."""
    found = await shell.run(shell.params())
    shell.show(found)
    return NO if any(each.severity == "error" for each in found.problems) else 0
