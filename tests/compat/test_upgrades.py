"""A run that the former program started is finished by the present one, and nothing is repeated."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from podium.agents.call_directory import CallDirectory
from podium.model.states import Phase, RunState
from podium.runs.runner_lock import runner_is_alive, runner_pid
from tests.compat.runs import Stage
from tests.support.commands import podium
from tests.support.former import Installation
from tests.support.kills import kill
from tests.support.projects import task, write
from tests.support.waiting import wait_for

BROKEN = "def mend() -> int:\n    return (1\n"
MENDED = "def mend() -> int:\n    return (1)\n"
AUDITED = {"audit": True, "max_parallel": 3, "max_attempts": 1, "max_recovery_attempts": 1}


@pytest.fixture
def stage(clean_environment: Path, tmp_path: Path) -> Iterator[Stage]:
    """Give a repository; what still runs at the end is ended."""
    made = Stage.make(tmp_path)
    yield made
    if made.run and not made.status().ended:
        made.open_door()
        made.project.ask("run.cancel", run=made.run)
        made.end()
    made.project.close()


def start_four(stage: Stage, former: Installation) -> None:
    """Start a run and let it come to where one task is done and three calls are under way."""
    names = ("first", "work", "mend", "look")
    tasks = [task(each, *names[: each != "first"]) for each in names]
    script = {each: [stage.steps(each, write(f"{each}.py", f"{each} = 1\n"))] for each in names}
    script["mend"] = [stage.steps("mend", write("mend.py", BROKEN))]
    fixes = {"mend": [[write("mend.py", MENDED)]]}
    stage.open_door()
    stage.start(former, tasks, {"tasks": script, "fixes": fixes}, AUDITED)
    stage.go("first")
    wait_for(lambda: set(stage.marks()) == set(names))
    stage.close_door()
    stage.go("mend", "look")
    under_way = {
        "first": "done",
        "work": "executing",
        "mend": "repairing",
        "look": "reviewing",
    }
    wait_for(lambda: stage.phases() == under_way and len(shims(stage)) == 3)


def shims(stage: Stage) -> list[CallDirectory]:
    """Return the calls that are under way and have a shim."""
    calls = stage.root / ".podium" / "run" / "calls"
    folders = [CallDirectory(each.parent) for each in calls.glob("*/*/*/*/request.json")]
    return [each for each in folders if each.result() is None and each.shim_is_alive()]


def check_whole(stage: Stage, subjects: int) -> None:
    """Check that the run has ended whole, with each call and each commit made once."""
    status = stage.end()
    assert status.state is RunState.COMPLETED, status.tasks
    assert {each.phase for each in status.tasks} == {Phase.DONE}
    assert {each.attempt for each in status.tasks} == {1}
    assert set(stage.marks().values()) == {1}
    assert all(words == ["start", "end"] for words in stage.calls().values()), stage.calls()
    commits = stage.commits(status)
    assert (len(commits), set(commits.values())) == (subjects, {1})


@pytest.mark.promise("R7.kill", "R7.once", "W5")
@pytest.mark.parametrize(
    "with_shims", [False, pytest.param(True, marks=pytest.mark.torture)], ids=["runner", "all"]
)
def test_a_run_whose_runner_was_killed_goes_on_in_the_present_program(
    stage: Stage, former: Installation, with_shims: bool
) -> None:
    start_four(stage, former)
    assert stage.runner_is_of(former)
    kill(runner_pid(stage.root))
    for each in shims(stage) if with_shims else ():
        start = each.start()
        assert start is not None
        kill(start.shim.pid)

    assert podium(stage.root, "status").returncode == 0
    former_documents = stage.project.ask("store.migrate", dry_run=True).documents
    assert former_documents, "the store is of the former program"
    stage.replace_runner()
    assert stage.project.ask("store.migrate", dry_run=True).documents == ()
    stage.open_door()
    stage.go("work")

    check_whole(stage, subjects=4)
    assert len(stage.calls()) == 4 + 4 + 1
    assert podium(stage.root, "check", stage.plan).returncode == 0


@pytest.mark.promise("R7.once", "R7.pause", "R7.resume", "W5")
def test_the_present_program_is_installed_over_a_run_that_is_at_work(
    stage: Stage, former: Installation, present_wheel: Path, tmp_path: Path
) -> None:
    installed = former.copy(tmp_path / "installed")
    names = ("a", "b", "c", "d")
    tasks = [
        task(each, *before) for each, before in zip(names, ([], ["a"], ["b"], ["c"]), strict=True)
    ]
    script = {each: [stage.steps(each, write(f"{each}.py", f"{each} = 1\n"))] for each in names}
    stage.start(installed, tasks, {"tasks": script}, {"max_attempts": 1})
    wait_for(lambda: set(stage.marks()) == {"a"})
    assert stage.runner_is_of(installed)

    installed.install(present_wheel)
    assert installed.podium(stage.root, "status").returncode == 0
    # The former runner starts shim and syntax worker from the files that are there now.
    stage.go("a")
    come_to(stage, "b")
    assert stage.phases()["a"] == Phase.DONE
    assert installed.podium(stage.root, "migrate").returncode == 0
    assert installed.podium(stage.root, "pause").returncode == 0
    stage.go("b")
    wait_for(lambda: stage.status().state is RunState.PAUSED or not runner_is_alive(stage.root))
    assert set(stage.marks()) == {"a", "b"}
    assert installed.podium(stage.root, "continue").returncode == 0
    come_to(stage, "c")
    assert stage.runner_is_of(installed)
    stage.go("c", "d")

    check_whole(stage, subjects=4)


def come_to(stage: Stage, name: str) -> None:
    """Wait until a task's executor works; a runner that ended is replaced by the present one."""

    def works() -> bool:
        if name not in stage.marks() and not runner_is_alive(stage.root):
            stage.replace_runner()
        return name in stage.marks()

    wait_for(works)
