"""Runs the gates on the user's own checkout, where an assistant edits (SPEC, first way).

The checkout, its index and its branches are only read; what it holds is saved beside them, so
that the gates judge exactly what changed since a moment. Must not know who asks.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from podium.gates.gate import ChangedTree
from podium.gates.pipeline import run_gates
from podium.model.plans import Task
from podium.model.runs import GateCommand, GateResult
from podium.syntax import SyntaxChecker
from podium.workspace.names import REF_PREFIX
from podium.workspace.repository import Repository


@dataclass(frozen=True)
class Checked:
    """What the gates said.

    Args:
        results: in the order in which the gates ran; the last one failed, or all passed.
        changed_files: what changed since the claim, without what others are at work on.
    """

    results: tuple[GateResult, ...]
    changed_files: tuple[str, ...]

    @property
    def failed(self) -> GateResult | None:
        """Return the gate that did not pass."""
        return next((each for each in self.results if not each.passed), None)


async def save_checkout(root: Path, plan_id: str, name: str, message: str) -> str:
    """Save the state of the checkout beside the user's branches and return its commit.

    Raises:
        NotARepository, GitError: git refuses.
    """
    repository = await Repository.discover(root)
    ref = f"{REF_PREFIX}claims/{plan_id}/{name}"
    return (await repository.checkpoint(repository.root, ref, message)).commit


async def run_gates_on_checkout(
    root: Path,
    task: Task,
    base: str,
    tip: str,
    commands: tuple[GateCommand, ...],
    others: Collection[str] = (),
) -> Checked:
    """Run all gates on the checkout, the cheap ones first; stop at the first that fails.

    Args:
        task: its criteria that have a command are gates too.
        base: the state that the changes are judged against.
        tip: the checkout's state now.
        commands: the gates of the settings; the caller has seen that they are trusted.
        others: files that another claim covers; their changes are not judged here.
    """
    repository = await Repository.discover(root)
    changed = await repository.changed_files(base, tip)
    files = [file for file in changed if file.path not in others]
    async with SyntaxChecker() as checker:
        tree = ChangedTree(repository, checker, root, base, tip, files)
        results = await run_gates(tree, task, commands, "attempt")
    return Checked(results, tuple(file.path for file in files))
