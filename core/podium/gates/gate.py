"""What a gate is, and what it judges."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from podium.model.plans import Task
from podium.model.runs import GateResult
from podium.syntax import SyntaxChecker
from podium.syntax.values import ProblemCode
from podium.workspace.repository import Repository
from podium.workspace.values import ChangedFile

MAX_PROBLEMS = 50
"""Problems that a result keeps."""


@dataclass(frozen=True)
class ChangedTree:
    """A tree of files that gates judge, and what it is compared with.

    Args:
        repository: holds both commits.
        checker: parses the changed files.
        folder: a worktree or checkout that holds `commit`; commands run in it.
        base: the commit that the changes are judged against.
        commit: the result.
        files: what changed from `base` to `commit`, as far as the gates are to judge it.
        doubted: warnings of the syntax check that count as errors here.
    """

    repository: Repository
    checker: SyntaxChecker
    folder: Path
    base: str
    commit: str
    files: Sequence[ChangedFile]
    doubted: frozenset[ProblemCode] = frozenset()


class Gate(Protocol):
    """A check of a tree that must pass before work goes on; it never changes the tree."""

    @property
    def name(self) -> str:
        """The name in results, in findings and in messages."""
        ...

    @property
    def can_be_repaired(self) -> bool:
        """Whether the consultant is asked to repair what it refuses."""
        ...

    async def check(self, tree: ChangedTree, task: Task) -> GateResult:
        """Judge a tree for a task."""
        ...
