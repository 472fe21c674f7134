"""Real projects for tests: a repository, a store, a playbook, and the engine on top of them."""

import json
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from podium.app import open_engine, open_place
from podium.app.agent_signs import AGENT_MARKS
from podium.app.runner_process import run_runner
from podium.model.config import Config
from podium.model.events import Actor
from podium.operations.engine import Engine, Place
from podium.operations.run.status import RunStatus
from podium.operations.table import load_operation
from podium.projects.trust import trust
from podium.runs.runner_lock import take_runner_lock
from tests.support.repositories import copy_repository, git, make_repository

Json = dict[str, Any]

ADA = Actor(kind="person", name="ada", face="library")
AGENT = Actor(kind="agent", name="claude", face="mcp")

SAMPLE = {
    "app.py": '"""An app."""\n\n\ndef hello() -> str:\n    return "hello"\n',
    "README.md": "# app\n",
    "tests.sh": "#!/bin/sh\nexit 0\n",
}


@dataclass
class Project:
    """A project on disk, with what a test asks of it.

    Args:
        root: the repository's top.
    """

    root: Path
    _engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """Return the engine, opened at its first use."""
        if self._engine is None:
            self._engine = open_engine(self.root, ADA)
        return self._engine

    def ask(self, operation_id: str, /, *, by: Actor = ADA, **params: Any) -> Any:
        """Ask an operation by its id and return the result."""
        operation = load_operation(operation_id)
        if operation.needs is Place:
            subject: Engine | Place = open_place(self.root, by)
        elif by is ADA:
            subject = self.engine
        else:
            subject = open_engine(self.root, by)
        built = operation.params.model_validate(params)
        return anyio.run(operation.run, subject, built)

    def close(self) -> None:
        """Close the engine."""
        if self._engine is not None:
            self._engine.store.close()
            self._engine = None

    def reopen(self) -> None:
        """Close the engine, so that the next use reads everything anew, settings included."""
        self.close()

    def write_playbook(self, tasks: Mapping[str, Any], plan: Json | None = None) -> Path:
        """Write a playbook beside the repository and return its path."""
        content: Json = {"version": 1, "objective": "Test", "tasks": dict(tasks)}
        if plan is not None:
            content["plan"] = plan
        path = self.root.parent / "playbook.yaml"
        path.write_text(json.dumps(content))
        return path

    def plan(self, tasks: Sequence[Json], script: Mapping[str, Any], **create: Any) -> str:
        """Make and approve a plan that the playbook agent carries out; return its id."""
        options = {"playbook": str(self.write_playbook(script))}
        view = self.ask(
            "plan.create",
            objective="Test",
            tasks=list(tasks),
            agent="playbook",
            options=options | create.pop("options", {}),
            **create,
        )
        self.ask("plan.approve", plan=view.plan.id)
        return str(view.plan.id)

    def run_to_end(self, plan_id: str = "", **start: Any) -> RunStatus:
        """Carry a run out in this process and return how it ended.

        What a runner's own process is for (kills, pauses, detaching) is tested by `run.start`.
        """
        status = self.start_unattended(plan_id, **start)
        lock = take_runner_lock(self.engine.home)
        assert lock is not None, "another runner is at work"
        try:
            run_runner(self.engine.home, lock)
        finally:
            lock.close()
        return self.wait_run(status.run_id, lambda now: now.ended)

    def start_unattended(self, plan_id: str = "", **start: Any) -> RunStatus:
        """Start a run without a runner."""
        operation = load_operation("run.start")
        unattended = replace(self.engine, start_runner=lambda: None, expect_runner=lambda: None)
        status: RunStatus = anyio.run(
            operation.run, unattended, operation.params(plan=plan_id, **start)
        )
        return status

    def wait_run(self, run_id: str, holds: Callable[[RunStatus], bool]) -> RunStatus:
        """Wait until something holds of a run; the suite's own time limit ends a vain wait."""

        async def wait() -> RunStatus:
            operation = load_operation("run.status")
            params = operation.params(run=run_id)
            with anyio.fail_after(300):
                while True:
                    status: RunStatus = await operation.run(self.engine, params)
                    if holds(status):
                        return status
                    await anyio.sleep(0.05)

        return anyio.run(wait)


@pytest.fixture
def clean_environment(isolated_git: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Cut a test off from the user's settings and from marks of an agent; returns the home."""
    monkeypatch.setenv("XDG_STATE_HOME", str(isolated_git / ".state"))
    for name in [*AGENT_MARKS, *(n for n in os.environ if n.startswith("PODIUM_"))]:
        monkeypatch.delenv(name, raising=False)
    return isolated_git


@pytest.fixture
def project(clean_environment: Path, tmp_path: Path, project_template: Path) -> Iterator[Project]:
    """Give a fresh project on a small repository."""
    if not project_template.exists():
        template = Project(make_repository(project_template, SAMPLE))
        template.ask("project.init")
        template.close()
    made = Project(copy_repository(project_template, tmp_path / "app"))
    trust(made.root, Config())
    yield made
    made.close()


def lasting_project(tmp_path_factory: pytest.TempPathFactory) -> Generator[Project, None, None]:
    """Make a project that outlives a test, with an environment of its own; closed at the end."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("GIT_", "XDG_", "PODIUM_")) or name in AGENT_MARKS:
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        for name, folder in (("CACHE", ".cache"), ("CONFIG", ".config"), ("STATE", ".state")):
            patch.setenv(f"XDG_{name}_HOME", str(home / folder))
        git(home, "config", "--global", "user.name", "Ada")
        git(home, "config", "--global", "user.email", "ada@example.org")
        made = Project(make_repository(tmp_path_factory.mktemp("shared") / "app", SAMPLE))
        made.ask("project.init")
        yield made
        made.close()


def write(path: str, content: str) -> Json:
    """Return a playbook step that writes a file."""
    return {"write": {"path": path, "content": content}}


def task(task_id: str, *requires: str, **fields: Any) -> Json:
    """Return a task as a person hands it in."""
    return {"id": task_id, "title": f"Do {task_id}", "requires": list(requires), **fields}


def fixes(project: Project, mended: Mapping[str, Any]) -> None:
    """Add what the consultant does to the project's playbook."""
    _add_to_playbook(project, "fixes", mended)


def audits(project: Project, said: Mapping[str, Any]) -> None:
    """Add what the auditor does to the project's playbook."""
    _add_to_playbook(project, "audits", said)


def answers_doubts(project: Project, given: Mapping[str, Any]) -> None:
    """Add what the agent does when it is asked about doubts to the project's playbook."""
    _add_to_playbook(project, "doubts", given)


def audits_doubts(project: Project, given: Mapping[str, Any]) -> None:
    """Add what the auditor answers about doubts to the project's playbook."""
    _add_to_playbook(project, "doubt_audits", given)


def _add_to_playbook(project: Project, key: str, content: Mapping[str, Any]) -> None:
    path = project.root.parent / "playbook.yaml"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: dict(content)}))
