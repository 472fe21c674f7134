"""Kinds of steps that no built-in tree has yet: a command, and a question to a person."""

from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from podium.agents.call_directory import CallDirectory
from podium.model import layout
from podium.model.agents import Role
from podium.model.rules.steps import AgentStep, GateStep, RunStep, WaitStep
from podium.model.runs import Attempt, CommandStepResult, GateCommand, TaskRun, WaitResult
from podium.model.states import RunState
from podium.operations.run.status import RunStatus
from podium.operations.table import load_operation
from tests.support.projects import Project, task, write
from tests.support.repositories import git
from tests.support.runners import Runners
from tests.support.waiting import wait_for

EXECUTE = AgentStep(id="execute", title="executing", role=Role.EXECUTOR)
GATES = GateStep(id="gates", title="checking")
ASK = WaitStep(id="ask", title="asking", text="Is it good?")


def command(*words: str) -> RunStep:
    """Return a step with a command."""
    return RunStep(id="try", title="trying", command=GateCommand(name="try", command=words))


def begin(project: Project, *contents: str) -> str:
    """Begin a run of one task that writes a file; the content of each attempt is given."""
    ledger = str(project.root.parent / "ledger")
    script = {"a": [[write("a.py", each)] for each in contents]}
    plan = project.plan([task("a")], script, options={"ledger": ledger})
    return str(project.start_unattended(plan, max_attempts=len(contents)).run_id)


def ended(project: Project, run: str) -> RunStatus:
    return project.wait_run(run, lambda now: now.ended)


def attempts(project: Project, run: str) -> tuple[Attempt, ...]:
    record = project.engine.store.get(layout.task_run(run, "a"))
    assert isinstance(record, TaskRun)
    return record.attempts


def calls(project: Project) -> list[str]:
    """Return the starts and ends of agents in their order."""
    return [line.split()[0] for line in (project.root.parent / "ledger").read_text().splitlines()]


def check_merged(project: Project, status: RunStatus, content: str) -> None:
    assert status.state is RunState.COMPLETED
    assert git(project.root, "show", f"{status.integration_branch}:a.py") == content.strip()


@pytest.mark.promise("R1")
def test_an_attempt_whose_command_passes_is_merged(project: Project, runners: Runners) -> None:
    run = begin(project, "a = 1\n")
    runners.start((EXECUTE, command("grep", "-n", "1", "a.py"), GATES))
    check_merged(project, ended(project, run), "a = 1\n")
    (attempt,) = attempts(project, run)
    result = attempt.results[1]
    assert isinstance(result, CommandStepResult)
    assert (result.path, result.passed, result.gates[0].output_tail) == ("try", True, "1:a = 1")


@pytest.mark.promise("R1")
def test_a_command_that_fails_fails_the_attempt_and_the_next_one_knows_why(
    project: Project, runners: Runners
) -> None:
    run = begin(project, "a = 1\n", "a = 2\n")
    runners.start((EXECUTE, command("grep", "-n", "2", "a.py"), GATES))
    check_merged(project, ended(project, run), "a = 2\n")
    first, second = attempts(project, run)
    why = "`grep -n 2 a.py` ended with code 1"
    assert first.problem == f"trying: {why}"
    assert why in first.feedback
    assert second.problem == ""
    request = CallDirectory(project.engine.calls / run / "a" / "2" / "execute").request()
    assert why in request.prompt
    assert calls(project) == ["start", "end"] * 2


@pytest.mark.promise("R1", "R7.kill", "R7.once")
def test_a_command_that_is_killed_with_its_runner_is_run_again(
    project: Project, runners: Runners
) -> None:
    marks = project.root.parent / "marks"
    script = 'echo "$$" >> "$0/started"; until [ -e "$0/go" ]; do sleep 0.05; done'
    marks.mkdir()
    tree = (EXECUTE, command("sh", "-c", script, str(marks)), GATES)
    run = begin(project, "a = 1\n")
    runners.start(tree)
    wait_for(lambda: has_lines(marks / "started", 1))
    runners.kill()
    runners.start(tree)
    wait_for(lambda: has_lines(marks / "started", 2))
    (marks / "go").touch()
    check_merged(project, ended(project, run), "a = 1\n")
    assert calls(project) == ["start", "end"]
    assert len(attempts(project, run)) == 1


def has_lines(path: Path, count: int) -> bool:
    return path.exists() and len(path.read_text().splitlines()) == count


@pytest.mark.promise("R1")
@pytest.mark.parametrize(
    ("choice", "state", "problem"),
    [
        ("yes", RunState.COMPLETED, ""),
        ("no", RunState.FAILED, "the answer to 'Is it good?' was no"),
    ],
)
@pytest.mark.parametrize("is_killed", [False, True], ids=["alive", "killed"])
def test_a_question_holds_its_attempt_until_a_person_answers(
    project: Project,
    runners: Runners,
    choice: str,
    state: RunState,
    problem: str,
    *,
    is_killed: bool,
) -> None:
    run = begin(project, "a = 1\n")
    runners.start((EXECUTE, ASK, GATES))
    now = project.wait_run(run, lambda now: bool(now.questions))
    (question,) = now.questions
    assert (question.about, question.text) == (f"{run}/a", "Is it good?")
    assert [each.id for each in question.choices] == ["yes", "no"]
    if is_killed:
        runners.kill()
        runners.start((EXECUTE, ASK, GATES))
    project.ask("question.answer", question=question.id, choice=choice)
    status = ended(project, run)
    assert (status.state, status.tasks[0].problem) == (state, problem)
    (attempt,) = attempts(project, run)
    result = attempt.results[1]
    assert isinstance(result, WaitResult)
    assert (result.path, result.question, result.answer) == ("ask", question.id, choice)
    assert project.ask("question.list", ended=True).questions[0].answer == choice
    assert calls(project) == ["start", "end"]


@pytest.mark.promise("R1", "R7.waits")
def test_an_answer_while_no_runner_lives_is_found_by_the_next_one(
    project: Project, runners: Runners
) -> None:
    run = begin(project, "a = 1\n")
    tree = (EXECUTE, ASK, GATES)
    runners.start(tree)
    (question,) = project.wait_run(run, lambda now: bool(now.questions)).questions
    runners.kill()
    answer = load_operation("question.answer")
    unattended = replace(project.engine, start_runner=lambda: None, expect_runner=lambda: None)
    params = answer.params.model_validate({"question": question.id, "choice": "yes"})
    anyio.run(answer.run, unattended, params)
    runners.start(tree)
    check_merged(project, ended(project, run), "a = 1\n")


@pytest.mark.promise("R1", "R7.waits")
@pytest.mark.parametrize("is_killed", [False, True], ids=["alive", "killed"])
def test_the_time_of_a_question_ends_it(
    project: Project, runners: Runners, *, is_killed: bool
) -> None:
    seconds = 4 if is_killed else 0.1
    tree = (EXECUTE, ASK.model_copy(update={"seconds": seconds}), GATES)
    run = begin(project, "a = 1\n")
    runners.start(tree)
    if is_killed:
        project.wait_run(run, lambda now: bool(now.questions))
        runners.kill()
        runners.start(tree)
    check_merged(project, ended(project, run), "a = 1\n")
    (question,) = project.ask("question.list", ended=True).questions
    assert (question.answer, question.is_open) == ("", False)
    (attempt,) = attempts(project, run)
    result = attempt.results[1]
    assert isinstance(result, WaitResult)
    assert (result.passed, result.answer) == (True, "")
    assert calls(project) == ["start", "end"]
