"""Checks the machine and the project."""

from podium_cli.context import NO, Shell
from podium_cli.verb import Verb

VERB = Verb("doctor.check", examples=("podium doctor",))


async def run(shell: Shell) -> int:
    """Show the diagnoses; the exit code shows whether everything is ready."""
    report = await shell.run(shell.params())
    shell.show(report)
    return 0 if report.healthy else NO
