"""What must pass before an attempt's work goes on (SPEC V1, R9); must not know what follows.

A gate looks at one tree of files and says what it holds against it. It never changes the tree.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import anyio

from podium.gates.command import CommandResult, run_command
from podium.gates.names import criterion_gate
from podium.gates.task_intent import expected_definitions, intent_for
from podium.model.config import GatesConfig
from podium.model.paths import path_problem
from podium.model.plans import Task
from podium.model.runs import GateCommand, GateResult, Problem
from podium.syntax import SyntaxChecker
from podium.syntax.values import Intent, ProblemCode, Severity, Status, SyntaxReport
from podium.workspace.paths import escaping_links
from podium.workspace.repository import Repository
from podium.workspace.values import ChangedFile, ChangeKind

Stage = Literal["attempt", "merged"]
MAX_PROBLEMS = 50
_TAIL_LINES = 40


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
    """

    repository: Repository
    checker: SyntaxChecker
    folder: Path
    base: str
    commit: str
    files: Sequence[ChangedFile]


async def run_gates(
    tree: ChangedTree,
    task: Task,
    commands: Sequence[GateCommand],
    stage: Stage,
    doubted: frozenset[ProblemCode] = frozenset(),
) -> tuple[GateResult, ...]:
    """Run all gates on a tree, the cheap ones first; stop at the first that fails.

    Args:
        tree: what is judged.
        task: whose criteria with a command are gates too.
        commands: the gates that the settings ask for.
        stage: which tree it is, for the record.
        doubted: warnings of the syntax check that count as errors.

    Returns:
        The results in the order in which the gates ran.
    """
    results = [check_paths(tree.folder, tree.files)]
    if results[-1].passed:
        results.append(await check_syntax(tree, task, doubted))
    for gate in (*commands, *criterion_gates(task)):
        if results[-1].passed:
            results.append(await check_command(gate, tree.folder))
    return tuple(result.model_copy(update={"stage": stage}) for result in results)


def command_gates(gates: GatesConfig) -> tuple[GateCommand, ...]:
    """Return the commands that the settings ask for."""
    rows = list(gates.commands)
    if gates.test:
        seconds = gates.test_timeout_seconds
        rows.append(GateCommand(name="test", command=gates.test, timeout_seconds=seconds))
    return tuple(rows)


def criterion_gates(task: Task) -> tuple[GateCommand, ...]:
    """Return the gates that a task's own criteria are (SPEC K3)."""
    return tuple(
        GateCommand(name=criterion_gate(criterion.id), command=criterion.command)
        for criterion in task.acceptance
        if criterion.command
    )


def check_paths(folder: Path, files: Sequence[ChangedFile]) -> GateResult:
    """Check that nothing was changed that is not the task's business (SPEC X1)."""
    problems = [
        Problem(message=problem, path=file.path)
        for file in files
        if (problem := path_problem(file.path)) is not None
    ]
    problems += [
        Problem(message="the link points out of the project", path=path)
        for path in escaping_links(folder, [file.path for file in files])
    ]
    count = len(files)
    return GateResult(
        gate="paths",
        passed=not problems,
        summary=f"{count} file{'s' if count != 1 else ''} changed" if not problems else "refused",
        problems=tuple(problems[:MAX_PROBLEMS]),
    )


async def check_syntax(
    tree: ChangedTree, task: Task, doubted: frozenset[ProblemCode]
) -> GateResult:
    """Parse every changed file; only errors that the base does not have count.

    Files that the change left alone are looked at where the task says what they must define.
    """
    began = anyio.current_time()
    reports = [
        report for file in tree.files if (report := await _report(tree, task, file)) is not None
    ]
    problems = [problem for report in reports for problem in problems_of(report, doubted)]
    judged = {report.path for report in reports}
    problems += await undelivered(tree.checker, tree.repository, tree.commit, task, judged)
    checked = sum(report.status is Status.CHECKED for report in reports)
    refused = sum(report.status is Status.REFUSED for report in reports)
    unchecked = sum(report.status is Status.GAVE_UP for report in reports)
    summary = f"{checked} of {len(tree.files)} changed files parsed"
    if problems:
        summary = f"{len(problems)} new problem{'s' if len(problems) != 1 else ''}"
    return GateResult(
        gate="syntax",
        passed=not problems,
        summary=summary + _aside(refused, "refused") + _aside(unchecked, "not checked in time"),
        problems=tuple(problems[:MAX_PROBLEMS]),
        seconds=anyio.current_time() - began,
    )


async def undelivered(
    checker: SyntaxChecker, repository: Repository, commit: str, task: Task, judged: Collection[str]
) -> list[Problem]:
    """Return what a task promised to define in files that nobody has looked at.

    Args:
        checker: reads the files.
        repository: holds them.
        commit: the result.
        task: whose promises are kept or not.
        judged: the files that were checked already.
    """
    problems: list[Problem] = []
    for path, names in expected_definitions(task).items():
        if path in judged:
            continue
        text = None if path_problem(path) else await repository.file_at(commit, path)
        if text is None:
            told = ", ".join(f"`{name}`" for name in sorted(names))
            message = f"there is no such file; the task expects it to define {told}"
            problems.append(Problem(message=message, path=path))
            continue
        intent = Intent(expects=names)
        problems += problems_of(await checker.check(path, text, text, intent=intent))
    return problems


def _aside(number: int, what: str) -> str:
    return f", {number} {what}" if number else ""


def problems_of(
    report: SyntaxReport, doubted: frozenset[ProblemCode] = frozenset()
) -> tuple[Problem, ...]:
    """Return what blocks in a report: errors, and texts that no grammar may be shown.

    Args:
        report: on one file.
        doubted: warnings that block as well.
    """
    if report.status is Status.REFUSED:
        return (Problem(message=report.reason, path=report.path),)
    return tuple(
        Problem(message=each.message, path=report.path, line=each.start.line)
        for each in report.problems
        if each.severity is Severity.ERROR or each.code in doubted
    )


async def check_command(gate: GateCommand, folder: Path) -> GateResult:
    """Run a command that must end with code 0."""
    result = await run_command(gate.command, folder, timeout_seconds=gate.timeout_seconds)
    passed = result.exit_code == 0
    return GateResult(
        gate=gate.name,
        passed=passed,
        summary=_summary(gate, result),
        problems=() if passed else (Problem(message=_summary(gate, result)),),
        output_tail="\n".join(result.output.splitlines()[-_TAIL_LINES:]),
        seconds=result.seconds,
    )


def feedback(results: Sequence[GateResult]) -> str:
    """Return what the next attempt is told about the gates that failed."""
    return "\n\n".join(_told(result) for result in results if not result.passed)


def _told(result: GateResult) -> str:
    lines = [f"The {result.gate} gate failed: {result.summary}"]
    for problem in result.problems:
        if problem.message == result.summary:
            continue
        place = f"{problem.path}:{problem.line}" if problem.line else problem.path
        lines.append(f"- {place}: {problem.message}" if place else f"- {problem.message}")
    if result.output_tail:
        lines += ["", "Its output ended with:", result.output_tail]
    return "\n".join(lines)


def _summary(gate: GateCommand, result: CommandResult) -> str:
    shown = " ".join(gate.command)
    if result.trouble:
        return f"`{shown}`: {result.trouble}"
    return f"`{shown}` ended with code {result.exit_code}"


async def _report(tree: ChangedTree, task: Task, file: ChangedFile) -> SyntaxReport | None:
    if file.kind is ChangeKind.DELETED or file.is_link or file.is_submodule:
        return None
    text = await tree.repository.file_at(tree.commit, file.path)
    former = await tree.repository.file_at(tree.base, file.old_path or file.path)
    if text is None:
        return None
    intent = intent_for(task, file.path)
    return await tree.checker.check(file.path, text, former, intent=intent)
