"""Runs the gates on the user's own checkout, where an assistant edits (SPEC, first way).

The checkout, its index and its branches are only read; what it holds is saved beside them, so
that the gates judge exactly what changed since a moment. Must not know who asks.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from podium.model.config import GatesConfig
from podium.model.plans import Task
from podium.model.runs import GateCommand, GateResult, Problem
from podium.running.gates import (
    MAX_PROBLEMS,
    check_command,
    check_paths,
    criterion_gates,
    problems_of,
    undelivered,
)
from podium.running.meaning import intent_for
from podium.syntax import SyntaxChecker
from podium.workspace.names import REF_PREFIX
from podium.workspace.repository import Repository
from podium.workspace.values import ChangedFile, ChangeKind


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


def command_gates(gates: GatesConfig) -> tuple[GateCommand, ...]:
    """Return the commands that the settings ask for."""
    rows = list(gates.commands)
    if gates.test:
        seconds = gates.test_timeout_seconds
        rows.append(GateCommand(name="test", command=gates.test, timeout_seconds=seconds))
    return tuple(rows)


async def check_checkout(
    root: Path,
    task: Task,
    base: str,
    tip: str,
    gates: tuple[GateCommand, ...],
    others: Collection[str] = (),
) -> Checked:
    """Run all gates on the checkout, the cheap ones first; stop at the first that fails.

    Args:
        task: its criteria that have a command are gates too.
        base: the state that the changes are judged against.
        tip: the checkout's state now.
        gates: the commands of the settings; the caller has seen that they are trusted.
        others: files that somebody else is at work on; what they hold in the meantime is not
            held against this task.
    """
    repository = await Repository.discover(root)
    changed = await repository.changed_files(base, tip)
    files = [file for file in changed if file.path not in others]
    results = [check_paths(repository.root, files)]
    if results[-1].passed:
        results.append(await _check_syntax(repository, task, base, tip, files))
    for gate in (*gates, *criterion_gates(task)):
        if results[-1].passed:
            results.append(await check_command(gate, root))
    return Checked(tuple(results), tuple(file.path for file in files))


async def _check_syntax(
    repository: Repository, task: Task, base: str, tip: str, files: list[ChangedFile]
) -> GateResult:
    problems: list[Problem] = []
    judged: set[str] = set()
    async with SyntaxChecker() as checker:
        for file in files:
            text = await _text(repository, tip, file)
            if text is None:
                continue
            former = await repository.file_at(base, file.old_path or file.path)
            intent = intent_for(task, file.path)
            report = await checker.check(file.path, text, former, intent=intent)
            problems += problems_of(report)
            judged.add(file.path)
        problems += await undelivered(checker, repository, tip, task, judged)
    found = len(problems)
    told = f"{len(judged)} files parsed"
    if found:
        told = f"{found} new problem{'s' if found != 1 else ''}"
    return GateResult(
        gate="syntax", passed=not problems, summary=told, problems=tuple(problems[:MAX_PROBLEMS])
    )


async def _text(repository: Repository, tip: str, file: ChangedFile) -> bytes | None:
    if file.kind is ChangeKind.DELETED or file.is_link or file.is_submodule:
        return None
    return await repository.file_at(tip, file.path)
