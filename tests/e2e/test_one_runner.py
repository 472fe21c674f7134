"""One runner at a time, whatever happens to its files: real processes in forced states."""

import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import anyio
import psutil
import pytest

from podium.app import Connection
from podium.entities import questions
from podium.errors import AlreadyRunning, PathOutsideWorkspace
from podium.model.events import Actor
from podium.model.questions import Question
from podium.model.states import RunState
from podium.operations.table import load_operation
from podium.platform.process.processes import mark_of, wait_ended
from podium.runs.runner_lock import (
    runner_is_alive,
    runner_lock_path,
    runner_pid,
    take_runner_lock,
)
from podium.store import Transaction
from tests.support.commands import PODIUM
from tests.support.kills import kill_runner
from tests.support.projects import ADA, AGENT, Json, Project, task, write
from tests.support.repositories import git
from tests.support.waiting import wait_for


class Stage:
    """A plan of two tasks; the agent of the first one waits until the test lets it go on.

    Args:
        project: the project.
    """

    def __init__(self, project: Project, *before_go: Json) -> None:
        self.project, self.here = project, project.root.parent
        steps = {
            "a": [[*before_go, self._waits(), write("a.py", "a = 1\n")]],
            "b": [[write("b.py", "b = 1\n")]],
        }
        options = {"ledger": str(self.ledger)}
        self.plan = project.plan([task("a"), task("b", "a")], steps, options=options)

    @property
    def ledger(self) -> Path:
        return self.here / "ledger"

    @property
    def run_folder(self) -> Path:
        return self.project.root / ".podium" / "run"

    def _waits(self) -> Json:
        """Return a step that waits; it leaves a mark if a second agent works beside it."""
        pids = f"$(tr '\\n' , < {self.here}/pids)0"
        alive = f"ps -o stat= -p {pids} | grep -q '^[^Z]' && touch {self.here}/two"
        wait = f"while [ ! -e {self.here}/go ]; do sleep 0.02; done"
        script = f"touch {self.here}/pids; {alive}; echo $$ >> {self.here}/pids; {wait}"
        return {"run": ["sh", "-c", script]}

    def start(self) -> str:
        """Start the run and wait until the first agent works; return the run's id."""
        run: str = self.project.ask("run.start", plan=self.plan).run_id
        self.project.wait_run(run, lambda _: bool(self.agents()))
        return run

    def agents(self) -> list[int]:
        """Return the process ids of the agents that waited so far."""
        pids = self.here / "pids"
        return [int(each) for each in pids.read_text().split()] if pids.exists() else []

    def go(self) -> None:
        (self.here / "go").touch()

    def calls(self) -> Counter[str]:
        """Return how often each call has started and ended: `start r-1/t1/1/execute`."""
        return Counter(line.strip() for line in self.ledger.read_text().splitlines())

    def finish(self, run: str) -> None:
        """Wait for the end; check the result, and that no two agents worked at the same time."""
        status = self.project.wait_run(run, lambda now: now.ended)
        assert status.state is RunState.COMPLETED
        assert [each.attempt for each in status.tasks] == [1, 1]
        names = git(self.project.root, "ls-tree", "--name-only", status.integration_branch)
        assert {"a.py", "b.py"} <= set(names.splitlines())
        worktrees = git(self.project.root, "worktree", "list", "--porcelain")
        assert worktrees.count("worktree ") == 1
        assert not (self.here / "two").exists()


def replaces(path: Path) -> None:
    path.unlink()
    path.write_text("999999\n")


@pytest.mark.promise("R7.one-runner", "R7.once")
@pytest.mark.parametrize("hand", [Path.unlink, replaces])
def test_a_runner_whose_lock_file_is_gone_ends_and_its_successor_attaches(
    project: Project, hand: Callable[[Path], None]
) -> None:
    stage = Stage(project)
    run = stage.start()
    pid = runner_pid(project.root)
    former = mark_of(pid) if pid else None
    assert former is not None

    hand(runner_lock_path(project.root))
    assert runner_is_alive(project.root), "until it has ended, no other one may work"
    assert wait_ended(former, seconds=60)
    stage.go()

    stage.finish(run)
    assert set(stage.calls().values()) == {1}, stage.calls()


@pytest.mark.promise("R7.one-runner", "R7.once")
def test_a_runner_notices_before_the_next_call(project: Project) -> None:
    gone = {"run": ["rm", str(runner_lock_path(project.root))]}
    stage = Stage(project, gone)
    stage.go()
    run = project.ask("run.start", plan=stage.plan).run_id
    stage.finish(run)
    assert set(stage.calls().values()) == {1}, stage.calls()
    log = (stage.run_folder / "logs" / "runner.log").read_text()
    assert "runner.replaced" in log


@pytest.mark.promise("R7.one-runner", "R7.once")
def test_all_of_the_run_folder_may_be_deleted_in_mid_run(project: Project) -> None:
    stage = Stage(project)
    run = stage.start()
    pid = runner_pid(project.root)
    former = mark_of(pid) if pid else None
    agent = mark_of(stage.agents()[0])
    assert former is not None
    assert agent is not None

    shutil.rmtree(stage.run_folder)
    project.reopen()
    project.engine.start_runner()
    assert wait_ended(former, seconds=60)
    # The successor ends the agent of the deleted call before it makes the call once more.
    assert wait_ended(agent, seconds=60)
    stage.go()

    stage.finish(run)
    counts = stage.calls()
    assert counts.pop(f"start {run}/a/1/execute") == 2, "its record was deleted"
    assert set(counts.values()) == {1}, counts


@pytest.mark.promise("R7.one-runner")
def test_a_second_lock_is_not_given_while_the_first_is_held(project: Project) -> None:
    first = take_runner_lock(project.root)
    assert first is not None
    assert first.is_current()
    shutil.rmtree(project.root / ".podium" / "run")
    assert not first.is_current()
    assert runner_is_alive(project.root)
    assert take_runner_lock(project.root, seconds=0) is None
    first.close()
    second = take_runner_lock(project.root, seconds=0)
    assert second is not None
    assert second.is_current()
    second.close()
    assert not runner_is_alive(project.root)


@pytest.mark.promise("R7.one-runner", "X1.own-files")
def test_a_link_in_the_place_of_the_lock_is_not_followed(project: Project) -> None:
    outside = project.root.parent / "outside"
    outside.write_text("mine")
    runner_lock_path(project.root).symlink_to(outside)
    with pytest.raises(PathOutsideWorkspace, match="is a symlink"):
        take_runner_lock(project.root, seconds=0)
    assert outside.read_text() == "mine"


@pytest.mark.promise("R7.one-runner", "R7.once")
def test_eight_starts_at_once_are_one_run_that_seven_join(project: Project) -> None:
    stage = Stage(project)
    project.close()
    command = [*PODIUM, "run", stage.plan, "--detach"]
    started = [
        subprocess.Popen(
            command, cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(8)
    ]
    output = [each.communicate()[0] for each in started]
    assert [each.returncode for each in started] == [0] * 8, output
    (run,) = (project.root / ".podium" / "runs").iterdir()
    assert all(run.name in each for each in output)
    stage.go()
    stage.finish(run.name)
    assert set(stage.calls().values()) == {1}, stage.calls()


@pytest.mark.promise("R7.one-runner")
def test_another_plan_is_not_started_beside_a_run(project: Project) -> None:
    stage = Stage(project)
    run = stage.start()
    other = project.plan([task("c")], {"c": [[]]})
    with pytest.raises(AlreadyRunning, match=run):
        project.ask("run.start", plan=other)
    project.ask("run.cancel", run=run)
    stage.go()
    project.wait_run(run, lambda now: now.ended)


@pytest.mark.promise("W7.cache")
def test_a_task_whose_worktree_is_deleted_is_tried_again_without_counting(project: Project) -> None:
    gone = {"run": ["sh", "-c", 'rm -rf "$PWD"']}
    plan = project.plan([task("a")], {"a": [[gone], [write("a.py", "a = 1\n")]]})
    status = project.run_to_end(plan, max_attempts=1)
    assert (status.state, status.tasks[0].attempt) == (RunState.COMPLETED, 2)
    first = project.ask("task.show", task="a").last_run.attempts[0]
    assert (first.problem, first.counts) == ("the worktree was deleted", False)


@pytest.mark.promise("W7.cache")
def test_an_agent_that_always_deletes_its_worktree_fails_in_the_end(project: Project) -> None:
    gone = {"run": ["sh", "-c", 'rm -rf "$PWD"']}
    plan = project.plan([task("a")], {"a": [[gone]]})
    status = project.run_to_end(plan, max_attempts=1)
    assert status.state is RunState.FAILED
    assert status.tasks[0].problem == "the worktree was deleted"
    assert status.tasks[0].attempt == 4


def look(root: Path, actor: Actor) -> bool:
    """Open a project as a face does; return whether a runner is at work afterwards."""
    connection = Connection(root, actor)
    anyio.run(connection.ask, "plan.list")
    connection.close()
    return starts_within(root)


def starts_within(root: Path) -> bool:
    """Return whether a runner was started: its process has the lock, or is about to take it."""
    words = ["runner", str(root)]
    return runner_is_alive(root) or any(
        (each.info["cmdline"] or [])[-2:] == words for each in psutil.process_iter(["cmdline"])
    )


@pytest.mark.usefixtures("started_processes")
@pytest.mark.promise("R7.kill")
def test_the_next_face_of_a_person_starts_the_runner_that_died(project: Project) -> None:
    stage = Stage(project)
    run = stage.start()
    kill_runner(project.root)
    assert not look(project.root, AGENT), "an agent's face starts nothing"
    assert look(project.root, ADA)
    stage.go()
    stage.finish(run)
    assert set(stage.calls().values()) == {1}, stage.calls()


@pytest.mark.usefixtures("started_processes")
@pytest.mark.promise("R7.kill", "R7.pause")
def test_a_face_starts_no_runner_for_a_run_that_is_paused_or_ended(project: Project) -> None:
    stage = Stage(project)
    run = stage.start()
    project.ask("run.pause", run=run)
    stage.go()
    project.wait_run(run, lambda now: now.state is RunState.PAUSED)
    wait_for_end(project.root)
    assert not look(project.root, ADA)
    project.ask("run.resume", run=run)
    stage.finish(run)
    wait_for_end(project.root)
    assert not look(project.root, ADA)


def wait_for_end(root: Path) -> None:
    """Wait until neither a runner works nor another one waits for it."""
    wait_for(lambda: not starts_within(root))


@pytest.mark.usefixtures("started_processes")
@pytest.mark.promise("R7.kill")
def test_a_clone_of_a_project_with_a_run_starts_no_runner(project: Project) -> None:
    stage = Stage(project)
    run = stage.start()
    git(project.root, "add", "--force", ".podium/runs", ".podium/plans", ".podium/store.json")
    git(project.root, "commit", "--quiet", "-m", "a run in progress")
    clone = stage.here / "clone"
    git(project.root, "clone", "--quiet", str(project.root), str(clone))
    assert (clone / ".podium" / "runs" / run / "run.json").exists()
    assert not look(clone, ADA)
    kill_runner(project.root)
    assert not look(clone, ADA)
    stage.go()
    assert look(project.root, ADA)
    stage.finish(run)


@pytest.mark.usefixtures("started_processes")
@pytest.mark.promise("R7.kill", "R4.leftovers")
def test_a_copy_of_a_project_with_a_run_starts_no_runner_and_leaves_its_worktrees(
    project: Project,
) -> None:
    stage = Stage(project)
    run = stage.start()
    kill_runner(project.root)
    copy = Project(stage.here / "copy")
    shutil.copytree(project.root, copy.root, symlinks=True)
    (worktree,) = worktrees_of(project.root)

    assert not look(copy.root, ADA)
    copy.ask("store.gc")
    copy.ask("doctor.check")
    assert git(worktree, "status", "--porcelain") == ""

    assert look(project.root, ADA)
    stage.go()
    stage.finish(run)
    assert set(stage.calls().values()) == {1}, stage.calls()
    # Whoever starts it there by hand gets what is there, without a trace in the original.
    before = git(project.root, "for-each-ref")
    copy.ask("run.start", plan=stage.plan)
    assert copy.wait_run(run, lambda now: now.ended).state is RunState.COMPLETED
    assert git(project.root, "for-each-ref") == before
    copy.close()


def worktrees_of(root: Path) -> list[Path]:
    """Return the worktrees of a repository besides its checkout."""
    lines = git(root, "worktree", "list", "--porcelain").splitlines()
    return [Path(each.split()[1]) for each in lines if each.startswith("worktree ")][1:]


@pytest.mark.usefixtures("started_processes")
@pytest.mark.promise("R7.kill")
def test_a_run_whose_first_runner_was_never_started_begins_with_the_next_face(
    project: Project,
) -> None:
    stage = Stage(project)
    killed = replace(project.engine, start_runner=lambda: None)
    start = load_operation("run.start")
    run = anyio.run(start.run, killed, start.params.model_validate({"plan": stage.plan})).run_id
    assert not look(project.root, AGENT), "an agent's face starts nothing"
    assert look(project.root, ADA)
    stage.go()
    stage.finish(run)


@pytest.mark.usefixtures("started_processes")
@pytest.mark.promise("R7.kill", "R7.resume")
def test_a_request_whose_runner_was_never_started_is_met_with_the_next_face(
    project: Project,
) -> None:
    stage = Stage(project)
    run = stage.start()
    project.ask("run.pause", run=run)
    stage.go()
    project.wait_run(run, lambda now: now.state is RunState.PAUSED)
    wait_for_end(project.root)
    killed = replace(project.engine, start_runner=lambda: None)
    resume = load_operation("run.resume")
    anyio.run(resume.run, killed, resume.params.model_validate({"run": run}))
    assert look(project.root, ADA)
    stage.finish(run)


@pytest.mark.usefixtures("started_processes")
@pytest.mark.promise("R7.kill")
def test_a_question_whose_time_is_over_goes_on_with_the_next_face(project: Project) -> None:
    stage = Stage(project)
    run = stage.start()
    kill_runner(project.root)

    def ask_about_b(tx: Transaction) -> None:
        now = project.engine.clock.now()
        asked = Question(id="", kind="doubt", about=f"{run}/b", text="?", asked_at=now, until=now)
        questions.ask(tx, asked)

    project.engine.store.transact(ask_about_b)
    stage.go()
    assert look(project.root, ADA)
    stage.finish(run)
    (asked,) = project.ask("question.list", run=run, ended=True).questions
    assert not asked.is_open
