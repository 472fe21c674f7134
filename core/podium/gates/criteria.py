"""The gates for criteria that a command, a test or a file shows, and the evidence they provide."""

from collections.abc import Sequence
from dataclasses import dataclass

import anyio

from podium.gates.command_gate import CommandGate, check_command
from podium.gates.gate import ChangedTree, Gate
from podium.gates.names import TEST_GATE, criterion_gate
from podium.gates.test_counts import count_tests
from podium.model.plans import AcceptanceCriterion, CriterionKind, ExpectedFile, Task
from podium.model.progress import CommandShown, FileShown, Shown, TestsShown
from podium.model.runs import GateCommand, GateResult, Problem


def criterion_commands(task: Task, commands: Sequence[GateCommand]) -> tuple[GateCommand, ...]:
    """Return the commands that check a task's criteria.

    Args:
        task: the task.
        commands: the gates from the settings; a criterion that names a test needs the one for
            tests, and cannot be checked without it.
    """
    tests = next((each for each in commands if each.name == TEST_GATE), None)
    found = [_command_of(each, tests) for each in task.acceptance]
    return tuple(each for each in found if each is not None)


def criterion_gates(task: Task, commands: Sequence[GateCommand]) -> tuple[Gate, ...]:
    """Return the gates for a task's criteria, except those that only a reviewer can judge."""
    by_command = {each.name: each for each in criterion_commands(task, commands)}
    gates: list[Gate] = []
    for each in task.acceptance:
        command = by_command.get(criterion_gate(each.id))
        if command is not None and each.kind is CriterionKind.TEST:
            gates.append(TestGate(command))
        elif command is not None:
            gates.append(CommandGate(command))
        elif each.file is not None:
            gates.append(FileGate(each.id, each.file))
    return tuple(gates)


def shown_by_gate(criterion: AcceptanceCriterion, result: GateResult) -> Shown | None:
    """Return what the passed gate of a criterion showed."""
    tail = result.output_tail
    match criterion.kind:
        case CriterionKind.COMMAND:
            return CommandShown(command=criterion.command, exit_code=0, output_tail=tail)
        case CriterionKind.TEST:
            counts = count_tests(tail)
            words = (criterion.test,)
            if counts is None:
                return CommandShown(command=words, exit_code=0, output_tail=tail)
            return TestsShown(command=words, passed=counts.passed, failed=counts.failed)
        case CriterionKind.FILE if criterion.file is not None:
            return FileShown(path=criterion.file.path, contains=criterion.file.contains)
        case _:
            return None


def _command_of(criterion: AcceptanceCriterion, tests: GateCommand | None) -> GateCommand | None:
    name = criterion_gate(criterion.id)
    if criterion.kind is CriterionKind.COMMAND:
        return GateCommand(name=name, command=criterion.command)
    if criterion.kind is CriterionKind.TEST and tests is not None:
        words = (*tests.command, criterion.test)
        return GateCommand(name=name, command=words, timeout_seconds=tests.timeout_seconds)
    return None


@dataclass(frozen=True)
class TestGate:
    """A test that must pass; one that was skipped or not found does not."""

    __test__ = False
    command: GateCommand
    can_be_repaired: bool = True

    @property
    def name(self) -> str:
        """The name of the criterion's gate."""
        return self.command.name

    async def check(self, tree: ChangedTree, task: Task) -> GateResult:
        """Run the test and read its result from the output."""
        result = await check_command(self.command, tree.folder, tree.variables, tree.confinement)
        counts = count_tests(result.output_tail)
        if not result.passed or counts is None or (counts.passed and not counts.failed):
            return result
        message = f"`{' '.join(self.command.command)}` ended with code 0, but no test passed"
        if counts.failed:
            message = f"{message.removesuffix('no test passed')}{counts.failed} failed"
        return result.model_copy(
            update={"passed": False, "summary": message, "problems": (Problem(message=message),)}
        )


@dataclass(frozen=True)
class FileGate:
    """A file that must exist, or contain a text."""

    criterion: str
    file: ExpectedFile
    can_be_repaired: bool = True

    @property
    def name(self) -> str:
        """The name of the criterion's gate."""
        return criterion_gate(self.criterion)

    async def check(self, tree: ChangedTree, task: Task) -> GateResult:
        """Read the file from the commit."""
        began = anyio.current_time()
        path, text = self.file.path, self.file.contains
        content = (await tree.repository.files_at([(tree.commit, path)])).get((tree.commit, path))
        problem = _file_problem(path, text, content)
        passed = f"{path} contains {text!r}" if text else f"{path} exists"
        return GateResult(
            gate=self.name,
            passed=not problem,
            summary=problem or passed,
            problems=(Problem(message=problem, path=path),) if problem else (),
            seconds=anyio.current_time() - began,
        )


def _file_problem(path: str, text: str, content: bytes | None) -> str:
    if content is None:
        return f"{path} does not exist"
    plain = content.decode("utf-8", "replace").replace("\r\n", "\n")
    return "" if text.replace("\r\n", "\n") in plain else f"{path} does not contain {text!r}"
