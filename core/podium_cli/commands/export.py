"""Exports a plan."""

from podium_cli.context import Shell
from podium_cli.verb import Verb

VERB = Verb(
    "plan.export",
    arguments=("plan",),
    examples=(
        "podium export",
        "podium export --format mermaid",
        "podium export --path plan.md",
    ),
    options={"format": ("--format", "-f")},
)


async def run(shell: Shell) -> int:
    """Export to a file, or print only the text, ready for a pipe."""
    exported = await shell.run(shell.params())
    if shell.invocation.as_json or exported.path:
        shell.show(exported)
    else:
        print(exported.text, end="" if exported.text.endswith("\n") else "\n")
    return 0
