"""What a gate's command writes into a worktree is never part of a commit."""

from pathlib import Path

import pytest

from podium.app.settings import load_settings
from podium.model.states import RunState
from podium.projects.trust import trust
from tests.support.projects import Project, fixes, task, write
from tests.support.repositories import git

GATE = """\
import pathlib, subprocess, sys
pathlib.Path("__pycache__").mkdir(exist_ok=True)
pathlib.Path("__pycache__/app.pyc").write_text("compiled")
pathlib.Path("test.log").write_text("log")
pathlib.Path("README.md").write_text("overwritten by a test")
pathlib.Path("tests.sh").unlink(missing_ok=True)
subprocess.run(["git", "init", "-q", "made-by-a-test"], check=True)
{then}
sys.exit("good" not in pathlib.Path("app.py").read_text())
"""


def use_gate(project: Project, then: str = "") -> None:
    """Configure a test command that litters the worktree."""
    script = project.root.parent / "gate.py"
    script.write_text(GATE.format(then=then))
    config = project.root / ".podium" / "config.yaml"
    config.write_text(f"gates:\n  test: [python3, {script}]\n")
    settings = load_settings(project.root)
    trust(project.root, settings.project)
    project.reopen()


def check_result(project: Project, branch: str) -> None:
    root = project.root
    assert git(root, "diff", "--name-only", "main", branch) == "app.py"
    assert git(root, "show", f"{branch}:app.py") == "good = 1"
    assert git(root, "for-each-ref", "refs/podium/rescued") == ""


@pytest.mark.promise("R9.uncommitted")
def test_files_of_a_gate_are_not_in_the_commit_of_a_repair(project: Project) -> None:
    use_gate(project)
    plan_id = project.plan([task("a")], {"a": [[write("app.py", "bad = 1\n")]]})
    fixes(project, {"a": [[write("app.py", "good = 1\n")]]})

    status = project.run_to_end(plan_id)

    assert status.state is RunState.COMPLETED, status.tasks
    assert [each.attempt for each in status.tasks] == [1]
    check_result(project, status.integration_branch)


@pytest.mark.promise("R9.uncommitted", "R7.kill")
def test_files_of_a_gate_are_not_committed_after_a_crash_inside_the_gate(
    project: Project, tmp_path: Path
) -> None:
    crashed = tmp_path / "crashed"
    lock = project.root / ".podium" / "run" / "runner.lock"
    kill = (
        "import os, signal\n"
        f"if not os.path.exists({str(crashed)!r}):\n"
        f"    os.kill(int(open({str(lock)!r}).read().split()[0]), signal.SIGKILL)\n"
        f"    open({str(crashed)!r}, 'w').close()\n"
    )
    use_gate(project, kill)
    plan_id = project.plan([task("a")], {"a": [[write("app.py", "good = 1\n")]]})
    run_id = project.ask("run.start", plan=plan_id).run_id
    project.wait_run(run_id, lambda now: crashed.exists() and not project.engine.runner_is_alive())

    project.engine.start_runner()
    status = project.wait_run(run_id, lambda now: now.ended)

    assert status.state is RunState.COMPLETED, status.tasks
    check_result(project, status.integration_branch)
