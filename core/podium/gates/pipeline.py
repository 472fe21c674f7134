"""Runs the gates on a tree: the built-in ones first, then commands."""

from collections.abc import Sequence
from typing import Literal

from podium.gates.built_in import GATES, gates_for
from podium.gates.command_gate import CommandGate
from podium.gates.criteria import criterion_commands, criterion_gates
from podium.gates.gate import ChangedTree
from podium.gates.names import TEST_GATE
from podium.model.config import GatesConfig
from podium.model.plans import Task
from podium.model.runs import GateCommand, GateResult
from podium.workspace.values import ChangedFile

Stage = Literal["attempt", "merged"]


async def run_gates(
    tree: ChangedTree, task: Task, commands: Sequence[GateCommand], stage: Stage
) -> tuple[GateResult, ...]:
    """Run the gates on a tree, cheap ones first; stop at the first failure.

    Args:
        tree: the tree to check.
        task: the task; its criteria that a command, a test or a file shows are also gates.
        commands: the gates from the settings.
        stage: the stage of the tree; stored in the results.

    Returns:
        The results in the order in which the gates ran.
    """
    results: list[GateResult] = []
    for gate in (
        *gates_for(task, tree.files),
        *map(CommandGate, commands),
        *criterion_gates(task, commands),
    ):
        results.append(await gate.check(tree, task))
        if not results[-1].passed:
            break
    return tuple(result.model_copy(update={"stage": stage}) for result in results)


def can_be_repaired(gate_name: str) -> bool:
    """Return whether the consultant may repair a change that a gate rejected."""
    return all(gate.can_be_repaired for gate in GATES if gate.name == gate_name)


def is_command(gate_name: str) -> bool:
    """Return whether a gate runs a command from the settings or a criterion."""
    return gate_name not in {gate.name for gate in GATES}


def needs_folder(files: Sequence[ChangedFile], task: Task, commands: Sequence[GateCommand]) -> bool:
    """Return whether the gates need a folder: commands run in it, and symlinks are resolved in it.

    Args:
        files: the changed files.
        task: the task.
        commands: the gates from the settings.
    """
    return bool(commands or criterion_commands(task, commands)) or any(
        each.is_link for each in files
    )


def command_gates(gates: GatesConfig) -> tuple[GateCommand, ...]:
    """Return the gates from the settings."""
    rows = list(gates.commands)
    if gates.test:
        seconds = gates.test_timeout_seconds
        rows.append(GateCommand(name=TEST_GATE, command=gates.test, timeout_seconds=seconds))
    return tuple(rows)


def feedback(results: Sequence[GateResult]) -> str:
    """Format the failed gates as feedback for the next attempt."""
    return "\n\n".join(_format_failure(result) for result in results if not result.passed)


def _format_failure(result: GateResult) -> str:
    lines = [f"The {result.gate} gate failed: {result.summary}"]
    for problem in result.problems:
        if problem.message == result.summary:
            continue
        place = f"{problem.path}:{problem.line}" if problem.line else problem.path
        lines.append(f"- {place}: {problem.message}" if place else f"- {problem.message}")
    lines += [f"- {each.sentence} (unless it is intended)" for each in result.doubts]
    if result.output_tail:
        lines += ["", "Its output ended with:", result.output_tail]
    return "\n".join(lines)
