"""The gate protocol, and the tree of files that a gate checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from podium.model.doubts import GivenAnswer
from podium.model.plans import Task
from podium.model.runs import GateResult
from podium.model.sandbox import Confinement
from podium.syntax import SyntaxChecker
from podium.syntax.values import ProblemCode
from podium.workspace.repository import Repository
from podium.workspace.values import ChangedFile

MAX_PROBLEMS = 50
"""Maximum number of problems in a result."""


@dataclass(frozen=True)
class ChangedTree:
    """The tree of files that gates check, and the base for the comparison.

    Args:
        repository: the repository of both commits.
        checker: parses the changed files.
        folder: a worktree or checkout of `commit`; commands run in it.
        base: the commit with which the changes are compared.
        commit: the commit to check.
        files: the changes from `base` to `commit` that the gates check.
        promoted: doubts and notes that count as errors here.
        variables: additional environment variables for commands.
        confinement: what commands can reach; None for everything.
        answers: the known answers to doubts, by the key of the doubt.
        checked_at: when the tree is checked; the time of the answers that the task itself gives.
    """

    repository: Repository
    checker: SyntaxChecker
    folder: Path
    base: str
    commit: str
    files: Sequence[ChangedFile]
    promoted: frozenset[ProblemCode] = frozenset()
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    confinement: Confinement | None = None
    answers: Mapping[str, GivenAnswer] = field(default_factory=dict[str, GivenAnswer])
    checked_at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Gate(Protocol):
    """A check that a tree must pass; it never changes the tree."""

    @property
    def name(self) -> str:
        """The name used in results, findings and messages."""
        ...

    @property
    def can_be_repaired(self) -> bool:
        """Whether the consultant may repair a change that the gate rejects."""
        ...

    async def check(self, tree: ChangedTree, task: Task) -> GateResult:
        """Check a tree for a task."""
        ...
