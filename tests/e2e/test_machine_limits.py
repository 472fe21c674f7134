"""A live runner meets the limits of its machine: the run waits, and goes on when they are lifted.

The limits are real ones of the system, set on the runner while its agent works.
"""

import contextlib
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from podium.model import layout
from podium.model.runs import TaskRun
from podium.model.states import RunState
from podium.operations.run.status import RunStatus
from tests.support.commands import podium_process
from tests.support.limits import few_files, no_files, no_memory, no_processes
from tests.support.projects import Json, Project, task, write
from tests.support.runners import Runners
from tests.support.waiting import wait_for

NAMES = ("a", "b", "c")
Limit = Callable[[int], contextlib.AbstractContextManager[None]]


def plan(project: Project, gate: Path) -> str:
    """Return a plan of which the first task waits for a file to exist."""
    waits: Json = {"run": ["sh", "-c", f"until [ -e '{gate}' ]; do sleep 0.05; done"]}
    steps = {each: [[write(f"{each}.py", f"{each} = 1\n")]] for each in NAMES}
    steps["a"][0].insert(0, waits)
    tasks = [task("a"), task("b", "a"), task("c", "b")]
    return project.plan(tasks, steps, options={"ledger": str(gate.with_name("ledger"))})


def is_held(runners: Runners) -> bool:
    return b"machine.refuses" in runners.log.read_bytes()


def counted(project: Project, run: str) -> list[int]:
    """Return how many attempts of each task count."""
    rows = [project.engine.store.get(layout.task_run(run, each)) for each in NAMES]
    return [sum(each.counts for each in row.attempts) for row in rows if isinstance(row, TaskRun)]


def check_completed(project: Project, run: str) -> None:
    status: RunStatus = project.wait_run(run, lambda now: now.ended)
    assert status.state is RunState.COMPLETED, [each.problem for each in status.tasks]
    assert counted(project, run) == [1, 1, 1]
    assert project.ask("question.list").questions == ()


@pytest.mark.promise("W7.run-waits", "W7.run-error")
@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        (few_files, "too many files are open"),
        (no_processes, "no more processes can be started"),
    ],
)
def test_a_run_waits_while_the_machine_refuses(
    project: Project, runners: Runners, tmp_path: Path, limit: Limit, reason: str
) -> None:
    run = project.start_unattended(plan(project, tmp_path / "gate")).run_id
    pid = runners.start()
    project.wait_run(run, lambda now: now.tasks[0].step == "execute")
    with limit(pid):
        (tmp_path / "gate").touch()
        (question,) = project.wait_run(run, lambda now: bool(now.questions)).questions
        foreground = podium_process(project.root, "run", "--plain")
    assert (question.kind, question.text) == ("machine", f"The run is waiting because {reason}")
    assert foreground.returncode == 5
    assert reason in foreground.stderr
    check_completed(project, run)


@pytest.mark.promise("W7.run-waits", "W7.run-error", "R7.kill")
def test_a_run_without_memory_waits_or_is_resumed(
    project: Project, runners: Runners, tmp_path: Path
) -> None:
    """Native code ends the process where Python raises an error; which comes first is not known."""
    run = project.start_unattended(plan(project, tmp_path / "gate")).run_id
    pid = runners.start()
    project.wait_run(run, lambda now: now.tasks[0].step == "execute")

    def questions() -> list[tuple[str, str]]:
        asked = project.ask("run.status", run=run).questions
        return [(each.kind, each.text) for each in asked]

    with no_memory(pid):
        (tmp_path / "gate").touch()
        wait_for(lambda: questions() or runners.exit_code() is not None)
        asked, code = questions(), runners.exit_code()
    if code is None:
        assert asked == [("machine", "The run is waiting because there is not enough memory")]
    else:
        assert code == -signal.SIGABRT, runners.log.read_text()
        runners.start()
    check_completed(project, run)


@pytest.mark.promise("W7.run-waits")
def test_a_run_that_cannot_even_ask_goes_on_later(
    project: Project, runners: Runners, tmp_path: Path
) -> None:
    run = project.start_unattended(plan(project, tmp_path / "gate")).run_id
    pid = runners.start()
    project.wait_run(run, lambda now: now.tasks[0].step == "execute")
    with no_files(pid):
        (tmp_path / "gate").touch()
        wait_for(lambda: is_held(runners))
        assert project.ask("run.status", run=run).questions == ()
    check_completed(project, run)
