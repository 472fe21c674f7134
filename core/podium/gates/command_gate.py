"""The gate that runs a command."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from podium.gates.command import CommandResult, run_command
from podium.gates.gate import ChangedTree
from podium.model.plans import Task
from podium.model.runs import GateCommand, GateResult, Problem
from podium.model.sandbox import Confinement

_TAIL_LINES = 40


@dataclass(frozen=True)
class CommandGate:
    """A command that must exit with code 0."""

    command: GateCommand
    can_be_repaired: bool = True

    @property
    def name(self) -> str:
        """The name from the settings or the criterion."""
        return self.command.name

    async def check(self, tree: ChangedTree, task: Task) -> GateResult:
        """Run the command in the tree's folder."""
        return await check_command(self.command, tree.folder, tree.variables, tree.confinement)


async def check_command(
    gate: GateCommand,
    folder: Path,
    variables: Mapping[str, str] | None = None,
    confinement: Confinement | None = None,
) -> GateResult:
    """Run a command that must exit with code 0.

    Args:
        gate: the command.
        folder: where it runs.
        variables: additional environment variables for the command.
        confinement: what the command can reach; None for everything.
    """
    result = await run_command(
        gate.command,
        folder,
        timeout_seconds=gate.timeout_seconds,
        variables=variables,
        confinement=confinement,
    )
    passed = result.exit_code == 0
    return GateResult(
        gate=gate.name,
        passed=passed,
        summary=_summary(gate, result),
        problems=() if passed else (Problem(message=_summary(gate, result)),),
        output_tail="\n".join(result.output.splitlines()[-_TAIL_LINES:]),
        seconds=result.seconds,
    )


def _summary(gate: GateCommand, result: CommandResult) -> str:
    shown = " ".join(gate.command)
    if result.trouble:
        return f"`{shown}`: {result.trouble}"
    return f"`{shown}` ended with code {result.exit_code}"
