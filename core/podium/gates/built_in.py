"""The built-in gates, which do not run commands. To add one, add it to `GATES`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from podium.gates.declared_files import DeclaredFilesGate, declares_files
from podium.gates.doubts import doubts_of, settle
from podium.gates.gate import MAX_PROBLEMS, ChangedTree, Gate
from podium.gates.task_intent import expected_definitions, intent_for
from podium.gates.unchecked import unchecked_files
from podium.gates.weakened.gate import WeakenedTestsGate, changes_tests
from podium.model.doubts import Doubt
from podium.model.doubts.settling import numbered
from podium.model.paths import path_problem
from podium.model.plans import Task
from podium.model.runs import GateResult, Problem
from podium.syntax import SyntaxChecker
from podium.syntax.values import Intent, ProblemCode, Severity, Status, SyntaxReport
from podium.words import counted
from podium.workspace.paths import escaping_links
from podium.workspace.repository import Repository
from podium.workspace.values import ChangedFile, ChangeKind

_FILES_AT_ONCE = 32
"""Number of changed files to read with one command; all of them are held in memory."""


@dataclass(frozen=True)
class PathsGate:
    """Rejects changes that no task may make, such as symlinks that point outside the project."""

    name: str = "paths"
    can_be_repaired: bool = False

    async def check(self, tree: ChangedTree, task: Task) -> GateResult:
        """Check the paths of the changed files."""
        return check_paths(tree.folder, tree.files)


@dataclass(frozen=True)
class SyntaxGate:
    """Rejects new syntax errors, and missing definitions that the task expects."""

    name: str = "syntax"
    can_be_repaired: bool = True

    async def check(self, tree: ChangedTree, task: Task) -> GateResult:
        """Parse the changed files."""
        return await check_syntax(tree, task)


GATES: tuple[Gate, ...] = (PathsGate(), DeclaredFilesGate(), SyntaxGate(), WeakenedTestsGate())
"""The gates in the order in which they run."""


def gates_for(task: Task, files: Sequence[ChangedFile]) -> tuple[Gate, ...]:
    """Return the built-in gates that have something to check for a task and its changes."""
    unused: set[type[Gate]] = set() if declares_files(task) else {DeclaredFilesGate}
    unused |= set() if changes_tests(files) else {WeakenedTestsGate}
    return tuple(each for each in GATES if type(each) not in unused)


def check_paths(folder: Path, files: Sequence[ChangedFile]) -> GateResult:
    """Check that the change touches only paths that a task may change."""
    problems = [
        Problem(message=problem, path=file.path)
        for file in files
        if (problem := path_problem(file.path)) is not None
    ]
    problems += [
        Problem(message="the symlink points outside the project", path=path)
        for path in escaping_links(folder, [file.path for file in files])
    ]
    return GateResult(
        gate="paths",
        passed=not problems,
        summary=f"{counted(len(files), 'file')} changed" if not problems else "refused",
        problems=tuple(problems[:MAX_PROBLEMS]),
    )


async def check_syntax(tree: ChangedTree, task: Task) -> GateResult:
    """Parse every changed file; only errors that are not in the base count.

    Unchanged files are also checked if the task expects them to define something.
    """
    began = anyio.current_time()
    checked_files = await _reports(tree, task)
    reports = [report for report, _ in checked_files]
    problems = [problem for report in reports for problem in problems_of(report, tree.promoted)]
    doubts, answers = settle(_doubts(tree, checked_files), tree, task)
    judged = {report.path for report in reports}
    problems += await missing_definitions(tree.checker, tree.repository, tree.commit, task, judged)
    checked = sum(report.status is Status.CHECKED for report in reports)
    refused = sum(report.status is Status.REFUSED for report in reports)
    summary = f"{checked} of {len(tree.files)} changed files parsed"
    if problems or doubts:
        found = (problems, "new problem"), (doubts, "doubt")
        summary = ", ".join(counted(len(each), noun) for each, noun in found if each)
    return GateResult(
        gate="syntax",
        passed=not problems and not doubts,
        summary=summary + _some(refused, "refused") + unchecked_files(reports),
        problems=tuple(problems[:MAX_PROBLEMS]),
        doubts=doubts[:MAX_PROBLEMS],
        answers=answers,
        seconds=anyio.current_time() - began,
    )


async def missing_definitions(
    checker: SyntaxChecker, repository: Repository, commit: str, task: Task, judged: Collection[str]
) -> list[Problem]:
    """Return the expected definitions of a task that are missing in files not yet checked.

    Args:
        checker: parses the files.
        repository: the repository of `commit`.
        commit: the commit to check.
        task: the task that expects the definitions.
        judged: files that have already been checked.
    """
    problems: list[Problem] = []
    for path, names in expected_definitions(task).items():
        if path in judged:
            continue
        text = None if path_problem(path) else await repository.file_at(commit, path)
        if text is None:
            listed = ", ".join(f"`{name}`" for name in sorted(names))
            message = f"the file does not exist; the task expects it to define {listed}"
            problems.append(Problem(message=message, path=path))
            continue
        intent = Intent(expects=names)
        problems += problems_of(await checker.check(path, text, text, intent=intent))
    return problems


def _some(number: int, what: str) -> str:
    return f", {number} {what}" if number else ""


def problems_of(
    report: SyntaxReport, promoted: frozenset[ProblemCode] = frozenset()
) -> tuple[Problem, ...]:
    """Return the blocking problems of a report: errors, and files that cannot be parsed.

    Args:
        report: the report on one file.
        promoted: doubts and notes that count as errors.
    """
    if report.status is Status.REFUSED:
        return (Problem(message=report.reason, path=report.path),)
    return tuple(
        Problem(message=each.message, path=report.path, line=each.start.line)
        for each in report.problems
        if each.severity is Severity.ERROR or each.code in promoted
    )


def _doubts(
    tree: ChangedTree, checked_files: Sequence[tuple[SyntaxReport, bytes]]
) -> tuple[Doubt, ...]:
    found = (doubts_of(report, text, tree.promoted) for report, text in checked_files)
    return numbered(each for doubts in found for each in doubts)


async def _reports(tree: ChangedTree, task: Task) -> list[tuple[SyntaxReport, bytes]]:
    """Return the report on each changed file, with the file's content."""
    files = [
        file
        for file in tree.files
        if not (file.kind is ChangeKind.DELETED or file.is_link or file.is_submodule)
    ]
    reports: list[tuple[SyntaxReport, bytes]] = []
    for start in range(0, len(files), _FILES_AT_ONCE):
        some = files[start : start + _FILES_AT_ONCE]
        now = [(tree.commit, file.path) for file in some]
        before = [(tree.base, file.old_path or file.path) for file in some]
        texts = await tree.repository.files_at([*now, *before])
        for file, new, old in zip(some, now, before, strict=True):
            if (text := texts.get(new)) is not None:
                intent = intent_for(task, file.path)
                check = tree.checker.check(file.path, text, texts.get(old), intent=intent)
                reports.append((await check, text))
    return reports
