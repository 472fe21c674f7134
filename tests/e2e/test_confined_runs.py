"""Runs with a sandbox, and what a person learns where there is none."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import anyio
import pytest

from podium.app.settings import load_settings
from podium.errors import SandboxUnavailable
from podium.model.states import RunState
from podium.operations.confirmation import Confirmation
from podium.operations.doctor.check import Diagnosis
from podium.operations.table import load_operation
from podium.projects.trust import trust
from tests.support.projects import Json, Project, task, write
from tests.support.repositories import git
from tests.support.runners import Runners
from tests.support.sandboxes import SECRET, needs_bubblewrap, put_secrets
from tests.support.waiting import wait_for

FORBIDDEN = "bwrap: No permissions to create new namespace"


def use(project: Project, mode: str, **settings: Any) -> None:
    """Write and trust the settings."""
    content: Json = {"sandbox": {"mode": mode}, **settings}
    (project.root / ".podium" / "config.yaml").write_text(json.dumps(content))
    trust(project.root, load_settings(project.root).project)
    project.reopen()


def put_bwrap(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a `bwrap` on the path that works unless a file is there; return that file."""
    folder = project.root.parent / "bin"
    folder.mkdir()
    broken = folder / "broken"
    program = folder / "bwrap"
    real = shutil.which("bwrap") or "/bin/false"
    program.write_text(
        f'#!/bin/sh\n[ -e "{broken}" ] && {{ echo "{FORBIDDEN}" >&2; exit 1; }}\n'
        f'exec "{real}" "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return broken


def checked(project: Project) -> Diagnosis:
    """Return what the doctor says of the sandbox."""
    rows: tuple[Diagnosis, ...] = project.ask("doctor.check").diagnoses
    return next(row for row in rows if row.name == "sandbox")


def asked(project: Project, plan: str) -> Confirmation:
    """Return the question before a plan is approved."""
    operation = load_operation("plan.approve")
    assert operation.confirm is not None
    found = anyio.run(operation.confirm, project.engine, operation.params(plan=plan))
    assert found is not None
    return found


@needs_bubblewrap
@pytest.mark.promise("X6.linux", "X6.files", "X6.reported")
def test_a_run_confines_its_agent_its_gates_and_its_set_up(project: Project) -> None:
    home = Path.home()
    put_secrets(home)
    look = 'cat ~/.ssh/* > seen-$1; echo x > ~/x; echo x > "$(git rev-parse --git-common-dir)/x"'
    script = f"{look}; test -w . && echo $1 > did-$1"
    setup = {"name": "make", "command": ["sh", "-c", script, "sh", "setup"]}
    gate = {"name": "look", "command": ["sh", "-c", f"{script}; cat did-setup did-agent"]}
    use(project, "require", gates={"setup": [setup], "commands": [gate]})
    run = {"run": ["sh", "-c", script, "sh", "agent"]}
    plan = project.plan([task("a")], {"a": [[run, write("a.txt", "a\n")]]})
    assert asked(project, plan).fact("Sandbox") == ()
    status = project.run_to_end(plan)
    assert status.state is RunState.COMPLETED, [each.problem for each in status.tasks]
    assert status.unconfined == ()
    report = project.ask("run.report").markdown
    assert "- Sandbox: bubblewrap, network for agents\n" in report
    assert "not confined" not in report
    merged = git(project.root, "show", f"{status.integration_branch}:seen-agent")
    assert SECRET not in merged
    assert not (home / "x").exists()
    assert not (project.root / ".git" / "x").exists()


@pytest.mark.promise("X6.reported")
@pytest.mark.parametrize("mode", ["off", "auto"])
def test_everything_says_that_commands_are_not_confined(
    project: Project, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    put_bwrap(project, monkeypatch).touch()
    use(project, mode)
    why = "sandbox.mode is off" if mode == "off" else f"it does not work: {FORBIDDEN}"
    said = f"Commands are not confined: {why}"
    plan = project.plan([task("a")], {"a": [[write("a.txt", "a\n")]]})
    assert asked(project, plan).fact("Sandbox") == (said,)
    status = project.run_to_end(plan)
    assert status.state is RunState.COMPLETED
    assert status.unconfined == (said,)
    assert f"- {said}\n" in project.ask("run.report").markdown


@pytest.mark.promise("X6.doctor", "X6.reported")
def test_nothing_is_run_where_a_sandbox_is_required_and_none_works(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_bwrap(project, monkeypatch).touch()
    use(project, "require")
    plan = project.plan([task("a", acceptance=[])], {"a": [[write("a.txt", "a\n")]]})
    with pytest.raises(SandboxUnavailable) as caught:
        project.ask("run.start", plan=plan)
    assert FORBIDDEN in str(caught.value)
    assert "user namespaces" in caught.value.hints[0]
    assert caught.value.exit_code == 5
    with pytest.raises(SandboxUnavailable):
        project.ask("task.update", task="a", command=("true",))
    row = checked(project)
    assert (row.health, row.found) == ("error", f"it does not work: {FORBIDDEN}")


@pytest.mark.promise("X6.doctor")
def test_the_doctor_tells_how_to_get_a_sandbox(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project.root.parent / "few"
    folder.mkdir()
    for name in ("git", "sh"):
        (folder / name).symlink_to(shutil.which(name) or "")
    monkeypatch.setenv("PATH", str(folder))
    use(project, "auto")
    row = checked(project)
    assert (row.health, row.found) == ("warning", "bwrap cannot be found")
    assert row.hint == "install bubblewrap: sudo apt install bubblewrap"
    use(project, "off", gates={})
    assert checked(project).health == "ok"


@needs_bubblewrap
@pytest.mark.promise("X6.doctor")
def test_the_doctor_says_whether_the_sandbox_that_works_is_used(project: Project) -> None:
    use(project, "off")
    row = checked(project)
    assert (row.health, row.found) == ("ok", "bubblewrap works; not used: sandbox.mode is off")
    use(project, "require")
    assert checked(project).found == "bubblewrap works; sandbox.mode is require"


@needs_bubblewrap
@pytest.mark.promise("X6.linux", "W7.run-waits")
def test_a_run_waits_while_its_sandbox_does_not_work(
    project: Project, runners: Runners, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = put_bwrap(project, monkeypatch)
    use(project, "require")
    plan = project.plan([task("a")], {"a": [[write("a.txt", "a\n")]]})
    run = str(project.start_unattended(plan, max_attempts=1).run_id)
    broken.touch()
    runners.start()
    held = project.wait_run(run, lambda now: bool(now.questions))
    assert held.questions[0].text == (
        "The run is waiting because commands cannot be confined any more: "
        f"it does not work: {FORBIDDEN}"
    )
    broken.unlink()
    project.ask("question.answer", question=held.questions[0].id, choice="retry")
    wait_for(lambda: project.ask("run.status").ended)
    assert project.ask("run.status").state is RunState.COMPLETED
