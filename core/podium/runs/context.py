"""What every phase of a task works with; a value, handed down."""

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
    """The tools and the data of one run.

    Args:
        merging: held while a result goes onto the integration branch, one at a time.
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
        """Return the folder of an attempt's worktree."""
        return attempt_folder(self.repository, self.run.id, task_id, attempt.number)

    async def changed_tree(self, folder: Path, base: str, commit: str) -> ChangedTree:
        """Return what the gates judge: the changes from one commit to another."""
        files = await self.repository.changed_files(base, commit)
        return ChangedTree(self.repository, self.checker, folder, base, commit, files)

    async def tip(self, branch: str) -> str:
        """Return a branch's commit; the full name, because a tag may have the short one."""
        return await self.repository.resolve(f"refs/heads/{branch}")


def attempt_folder(repository: Repository, run_id: str, task_id: str, number: int) -> Path:
    """Return the folder where an attempt works."""
    return repository.worktree_folder(run_id, f"{task_id}-{number}")


def call_key(run: Run, task_id: str, attempt: Attempt, step: str) -> str:
    """Return the key under which an agent call is known for ever."""
    return f"{run.id}/{task_id}/{attempt.number}/{step}"


def attempt_branch(run: Run, task_id: str, number: int) -> str:
    """Return the branch of an attempt."""
    return branch_name(run.plan_id, f"{task_id}-{run.id}-{number}")
