"""Runs the gates on the user's checkout, in which an assistant is editing files.

The checkout, its index and its branches are never modified; the checkout's state is saved under a
separate ref, so that the gates check exactly what changed since the task was claimed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from podium.gates.gate import ChangedTree
from podium.gates.pipeline import run_gates
from podium.model.doubts import GivenAnswer
from podium.model.plans import Task
from podium.model.runs import GateCommand, GateResult
from podium.model.sandbox import CommandKind, Sandbox
from podium.platform.sandbox.places import confine_command
from podium.syntax import SyntaxChecker
from podium.workspace.names import REF_PREFIX
from podium.workspace.repository import Repository


@dataclass(frozen=True)
class Checked:
    """The results of the gates.

    Args:
        results: in the order in which the gates ran; all passed, or the last one failed.
        changed_files: files that changed since the claim, except the files of other claimed tasks.
    """

    results: tuple[GateResult, ...]
    changed_files: tuple[str, ...]

    @property
    def failed(self) -> GateResult | None:
        """The result of the gate that failed, or None."""
        return next((each for each in self.results if not each.passed), None)


async def save_checkout(repository: Repository, plan_id: str, name: str, message: str) -> str:
    """Save the state of the checkout under a separate ref and return its commit.

    Raises:
        NotARepository, GitError: the checkout cannot be saved.
    """
    ref = f"{REF_PREFIX}claims/{plan_id}/{name}"
    return (await repository.checkpoint(repository.root, ref, message)).commit


async def claim_states(repository: Repository, plan_id: str, token: str) -> tuple[str, ...]:
    """Return the commits of the states that were saved for a claim, oldest first."""
    saved = await repository.list_checkpoints(f"{REF_PREFIX}claims/{plan_id}/")
    mark = f"/{token}-"
    return tuple(each.commit for each in sorted(saved, key=lambda e: e.ref) if mark in each.ref)


async def run_gates_on_checkout(
    repository: Repository,
    root: Path,
    task: Task,
    base: str,
    tip: str,
    commands: tuple[GateCommand, ...],
    others: Collection[str] = (),
    sandbox: Sandbox | None = None,
    answers: Mapping[str, GivenAnswer] | None = None,
) -> Checked:
    """Run the gates on the checkout, cheap ones first; stop at the first failure.

    Args:
        repository: the checkout's repository.
        root: the project, in which commands run.
        task: the task; its criteria with a command are also gates.
        base: the commit with which the changes are compared.
        tip: the commit with the current state of the checkout.
        commands: the gates from the settings; the caller has checked that they are trusted.
        others: files of tasks that others have claimed; changes to them are ignored.
        sandbox: how the commands are confined.
        answers: the known answers to doubts, by the key of the doubt.
    """
    changed = await repository.changed_files(base, tip)
    files = [file for file in changed if file.path not in others]
    async with SyntaxChecker() as checker:
        confinement = confine_command(sandbox or Sandbox(), CommandKind.GATES, root)
        tree = ChangedTree(repository, checker, root, base, tip, files, confinement=confinement)
        tree = replace(tree, answers=answers or {})
        results = await run_gates(tree, task, commands, "attempt")
    return Checked(results, tuple(file.path for file in files))
