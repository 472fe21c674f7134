"""What dead processes left behind is removed by a run and by gc, and doctor names it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from podium.model.states import RunState
from tests.support.projects import Project, task, write
from tests.support.repositories import git

pytestmark = pytest.mark.promise("R4.leftovers")

OLD = 1_000_000_000
DEAD = 2**22 + 1
"""No process has this id: it is above the highest one."""


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep apart what other processes on this machine leave in the common folder."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))


def old(path: Path) -> Path:
    """Create an empty file of long ago, and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (OLD, OLD))
    return path


def litter(project: Project, branch: str) -> list[Path]:
    """Create what a killed process leaves behind."""
    run = project.root / ".podium" / "run"
    return [
        old(run / f"checkpoint.json.tmp~{DEAD}"),
        old(run / "calls" / "r-aaaaaa" / "t" / "1" / f".podium.tmp~{'a' * 16}"),
        old(project.root / ".git" / "refs" / "heads" / f"{branch}.lock"),
    ]


def attempted(project: Project) -> tuple[str, str]:
    """Run a plan, bring its attempt's branch and worktree back; return the plan and the branch."""
    plan_id = project.plan([task("a")], {"a": [[write("a.py", "a = 1\n")]]})
    status = project.run_to_end(plan_id)
    assert status.state is RunState.COMPLETED
    branch = f"podium/{plan_id}/a-{status.run_id}-1"
    git(project.root, "branch", branch, status.integration_branch)
    return plan_id, branch


def left_rows(project: Project) -> list[tuple[str, str]]:
    rows = project.ask("doctor.check").diagnoses
    return [(each.found, each.hint) for each in rows if each.name in ("left over", "git lock")]


def test_doctor_names_what_is_left_and_gc_removes_it(project: Project) -> None:
    plan_id, branch = attempted(project)
    assert left_rows(project)[0][0].startswith("1 leftover of dead processes")
    paths = litter(project, branch)

    assert left_rows(project) == [(f"4 leftovers of dead processes: {paths[2]}", "podium gc")]
    shown = project.ask("store.gc", dry_run=True)
    assert set(shown.left_over) == {*map(str, paths), branch}
    assert all(path.exists() for path in paths)
    assert project.ask("store.gc").problems == ()

    assert not any(path.exists() for path in paths)
    assert branch not in git(project.root, "branch", "--format=%(refname:short)")
    assert left_rows(project) == []
    assert project.ask("plan.check", plan=plan_id).complete


def test_a_run_removes_what_is_left(project: Project) -> None:
    _, branch = attempted(project)
    paths = litter(project, branch)
    project.run_to_end(project.plan([task("b")], {"b": [[write("b.py", "b = 1\n")]]}))
    assert not any(path.exists() for path in paths)
    assert branch not in git(project.root, "branch", "--format=%(refname:short)")


def test_what_is_in_use_or_new_or_the_only_copy_stays(project: Project) -> None:
    plan_id, branch = attempted(project)
    run = project.root / ".podium" / "run"
    mine = old(run / f"head.tmp~{os.getpid()}")
    os.utime(mine)
    new = run / f"head.tmp~{DEAD}"
    new.touch()
    held = old(run / f"index.json.tmp~{DEAD}")
    tree = git(project.root, "rev-parse", "HEAD^{tree}")
    only = git(project.root, "commit-tree", tree, "-p", "HEAD", "-m", "unmerged")
    git(project.root, "branch", "--force", branch, only)
    script = "import sys; file = open(sys.argv[1]); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script, str(held)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        project.ask("store.gc")
        process.communicate()

    assert (mine.exists(), new.exists(), held.exists()) == (True, True, True)
    assert git(project.root, "rev-parse", branch) == only
    assert project.ask("plan.check", plan=plan_id).complete


def test_a_lock_of_the_users_git_is_named_with_its_command(project: Project) -> None:
    path = old(project.root / ".git" / "index.lock")
    ((found, hint),) = left_rows(project)
    assert found == f"{path}: no living process holds it, but Podium did not create it"
    assert hint == f"rm {path}"
    (problem,) = project.ask("store.gc").problems
    assert str(path) in problem
    assert path.exists()


@pytest.mark.promise("R8.clean-up")
def test_an_error_in_the_clean_up_costs_the_task_and_not_the_run(project: Project) -> None:
    # A file where the folder is to be renamed to; removing the worktree fails then.
    obstacle: dict[str, object] = {
        "run": ["sh", "-c", 'touch "../$(basename "$PWD").removed"'],
    }
    plan_id = project.plan(
        [task("a"), task("b", "a")],
        {"a": [[obstacle, write("a.py", "a = 1\n")]], "b": [[write("b.py", "b = 1\n")]]},
    )

    status = project.run_to_end(plan_id)

    assert status.state is RunState.COMPLETED
    assert project.ask("plan.check", plan=plan_id).complete
    left = [
        project.ask("task.show", task=f"{plan_id}/{each}").last_run.left_over for each in ("a", "b")
    ]
    assert "Not a directory" in left[0]
    assert left[1] == ""
