"""Verifies the journal, or shows its entries."""

from podium_cli.context import NO, Shell
from podium_cli.verb import Verb

VERB = Verb(
    "store.audit",
    arguments=("action",),
    examples=("podium journal verify", "podium journal show --limit 20"),
)


async def run(shell: Shell) -> int:
    """Show the report; the exit code shows whether the journal is intact."""
    report = await shell.run(shell.params())
    shell.show(report)
    return 0 if report.whole else NO
