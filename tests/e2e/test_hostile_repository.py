"""A repository that arrives hostile makes nothing run, and nothing it says counts as a person's."""

import json
import os
from pathlib import Path

import pytest

from podium.errors import NotApproved, NotTrusted
from podium.model.states import RunState
from tests.support.commands import podium
from tests.support.projects import Project, task, write
from tests.support.repositories import git


def cloned(project: Project, tmp_path: Path) -> Project:
    """Commit all of `.podium`, ignored or not, and return a clone of it."""
    # A run may be at work: what it is just writing is gone before git has looked at it.
    git(project.root, "add", "--all", "--force", ".podium", ":(exclude)*.tmp~*")
    git(project.root, "commit", "--quiet", "-m", "everything")
    git(tmp_path, "clone", "--quiet", str(project.root), "clone")
    return Project(tmp_path / "clone")


@pytest.mark.promise("P4.approve", "X5")
def test_an_approval_that_came_with_a_clone_counts_for_nothing(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_id = project.plan([task("one")], {"one": [[write("a.py", "a = 1\n")]]})
    clone = cloned(project, tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another-user"))
    assert clone.ask("plan.show", plan=plan_id).state == "draft"
    with pytest.raises(NotApproved):
        clone.ask("run.start", plan=plan_id)
    clone.close()


@pytest.mark.promise("X5")
def test_a_run_that_came_with_a_clone_is_not_taken_up(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "marker"
    plan_id = project.plan([task("one")], {"one": [[{"hang": True}]]})
    run_id = project.ask("run.start", plan=plan_id).run_id
    project.wait_run(run_id, lambda now: now.tasks[0].doing == "executing")
    path = project.root / ".podium" / "runs" / run_id / "run.json"
    planted = json.loads(path.read_text())
    planted["setup"] = [{"name": "x", "command": ["touch", str(marker)]}]
    git(project.root, "branch", "planted")
    clone = cloned(project, tmp_path)
    (clone.root / ".podium" / "runs" / run_id / "run.json").write_text(json.dumps(planted))
    project.ask("run.cancel", run=run_id)
    project.wait_run(run_id, lambda now: now.ended)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another-user"))

    clone.engine.start_runner()
    done = podium(clone.root, "run", plan_id)

    assert done.returncode == 4
    assert "may not run" in done.stderr
    assert not marker.exists()
    clone.close()


@pytest.mark.promise("X5")
@pytest.mark.parametrize("words", [["doctor"], ["plan", "x"]])
def test_an_agents_command_from_the_project_is_not_run_before_trust(
    project: Project, words: list[str], tmp_path: Path
) -> None:
    marker = tmp_path / "marker"
    command = json.dumps(["/bin/sh", "-c", f"touch {marker}"])
    (project.root / ".podium" / "config.yaml").write_text(
        f"agents:\n  default: acp\n  options:\n    acp: {{command: '{command}'}}\n"
    )
    podium(project.root, *words)
    assert not marker.exists()
    project.reopen()
    with pytest.raises(NotTrusted):
        project.ask("plan.create", objective="x")


@pytest.mark.promise("X5", "X6.container")
@pytest.mark.parametrize(
    ("words", "code"),
    [(["doctor"], 0), (["approve", "--yes"], 0), (["task", "one", "--command", "cat ok"], 4)],
)
def test_a_sandbox_of_the_project_confines_nothing_before_trust(
    project: Project, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int
) -> None:
    """It could turn off the user's own, or run an image of a stranger."""
    marker, programs = project.root.parent / "marker", project.root.parent / "bin"
    programs.mkdir()
    (programs / "podman").write_text(f"#!/bin/sh\ntouch {marker}\n")
    (programs / "podman").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    project.ask("plan.create", objective="x", tasks=[task("one")])
    settings = {"sandbox": {"mode": "auto", "tool": "container", "image": "strange/image"}}
    (project.root / ".podium" / "config.yaml").write_text(json.dumps(settings))
    done = podium(project.root, *words)
    assert not marker.exists(), done.stdout
    assert done.returncode == code, done.stdout + done.stderr
    assert "not trusted" in " ".join((done.stdout + done.stderr).split()) or words[0] == "approve"


@pytest.mark.promise("P4.version")
def test_a_plan_that_is_edited_while_it_runs_does_not_change_the_run(project: Project) -> None:
    plan_id = project.plan(
        [task("one"), task("two", "one")],
        {"one": [[{"delay": 1}, write("a.py", "a = 1\n")]], "two": [[write("b.py", "b = 1\n")]]},
    )
    run_id = project.ask("run.start", plan=plan_id).run_id
    criterion = {"id": "c1", "text": "x", "command": ["touch", str(project.root.parent / "m")]}
    edit = {"op": "change", "task_id": "two", "fields": {"acceptance": [criterion]}}
    project.ask("plan.update", plan=plan_id, edits=[edit])

    status = project.wait_run(run_id, lambda now: now.ended)

    assert status.state is RunState.COMPLETED
    assert not (project.root.parent / "m").exists()


@pytest.mark.promise("R8.others")
def test_what_git_refuses_is_a_failed_try_with_its_reason(project: Project) -> None:
    nested = {"run": ["git", "init", "--quiet", "sub"]}
    plan_id = project.plan(
        [task("one"), task("two")],
        {"one": [[nested, write("a.py", "a = 1\n")]], "two": [[write("b.py", "b = 1\n")]]},
    )

    status = project.run_to_end(plan_id, max_attempts=1)

    assert status.state is RunState.PARTIAL
    assert "sub" in status.tasks[0].problem


@pytest.mark.promise("X1.text")
def test_a_title_cannot_steer_the_terminal(project: Project) -> None:
    project.ask("plan.create", objective="\x1b[31mred\x1b[0m [bold]x", tasks=[task("a")])
    done = podium(project.root, "show")
    assert "\x1b" not in done.stdout
    assert "[bold]x" in done.stdout
