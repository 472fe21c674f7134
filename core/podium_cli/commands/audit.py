"""Audits files."""

from podium_cli.context import NO, Shell
from podium_cli.verb import Verb

VERB = Verb(
    "audit.run",
    arguments=("*paths",),
    examples=(
        "podium audit",
        "podium audit src tests/test_a.py",
        "podium audit --since origin/main --format sarif",
        "podium audit --staged --no-tools",
    ),
    options={"format": ("--format", "-f")},
)


async def run(shell: Shell) -> int:
    """Show the findings; the exit code shows whether the audit passed."""
    report = await shell.run(shell.params())
    if report.text and not shell.invocation.as_json:
        print(report.text, end="")
    else:
        shell.show(report)
    return 0 if report.passed else NO
