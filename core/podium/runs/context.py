"""The context that every phase of a task receives."""

from dataclasses import dataclass
from pathlib import Path

import anyio

from podium.gates.gate import ChangedTree
from podium.model.plans import Plan
from podium.model.runs import Attempt, Run
from podium.ports.clock import Clock
from podium.ports.dispatcher import Dispatcher
from podium.store import Store
from podium.syntax.client.checker import SyntaxChecker
from podium.workspace.names import branch_name
from podium.workspace.repository import Repository


@dataclass(frozen=True)
class RunContext:
    """The data of one run and the services it uses.

    Args:
        merging: held while a result is merged into the integration branch.
    """

    run: Run
    plan: Plan
    store: Store
    repository: Repository
    dispatcher: Dispatcher
    checker: SyntaxChecker
    clock: Clock
    merging: anyio.Lock

    def worktree_folder(self, task_id: str, attempt: Attempt) -> Path:
        """Return the path of an attempt's worktree."""
        return attempt_folder(self.repository, self.run.id, task_id, attempt.number)

    async def changed_tree(self, folder: Path, base: str, commit: str) -> ChangedTree:
        """Return the tree for the gates: the changes between two commits."""
        files = await self.repository.changed_files(base, commit)
        return ChangedTree(self.repository, self.checker, folder, base, commit, files)

    async def tip(self, branch: str) -> str:
        """Return a branch's commit, by the full ref because a tag may have the same name."""
        return await self.repository.resolve(f"refs/heads/{branch}")


def attempt_folder(repository: Repository, run_id: str, task_id: str, number: int) -> Path:
    """Return the path of an attempt's worktree."""
    return repository.worktree_folder(run_id, f"{task_id}-{number}")


def call_key(run: Run, task_id: str, attempt: Attempt, step: str) -> str:
    """Return the permanent key of an agent call."""
    return f"{run.id}/{task_id}/{attempt.number}/{step}"


def attempt_branch(run: Run, task_id: str, number: int) -> str:
    """Return the name of an attempt's branch."""
    return branch_name(run.plan_id, f"{task_id}-{run.id}-{number}")
