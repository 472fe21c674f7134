"""Exports findings."""

from podium_cli.context import Shell
from podium_cli.verb import Verb

VERB = Verb(
    "finding.export",
    arguments=("*where",),
    examples=(
        "podium export-findings --path findings.sarif",
        "podium export-findings severity:error --format markdown",
    ),
    options={"format": ("--format", "-f")},
)


async def run(shell: Shell) -> int:
    """Export to a file, or print only the text, ready for a pipe."""
    exported = await shell.run(shell.params())
    if shell.invocation.as_json or exported.path:
        shell.show(exported)
    else:
        print(exported.text, end="")
    return 0
