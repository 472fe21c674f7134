"""Makes projects and plans for the measurements, away from the user's own settings."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from podium.model.config import Config
from podium.projects.trust import trust
from tests.bench.runs import few_lines_agent
from tests.support.projects import Json, Project, task
from tests.support.repositories import make_repository

AGENTS = ("playbook", "acp")
_ONE_FILE = "README.md"


def isolate(place: Path) -> None:
    """Let everything below happen in a home folder of its own."""
    home = place / "home"
    home.mkdir(parents=True)
    (home / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
    folders = {f"XDG_{kind}_HOME": str(home / kind) for kind in ("CACHE", "STATE", "CONFIG")}
    os.environ.update(HOME=str(home), **folders)


def make_project(folder: Path) -> Project:
    """Make a small repository with a store."""
    project = Project(make_repository(folder / "app", {"README.md": "# app\n"}))
    project.ask("project.init")
    trust(project.root, Config())
    return project


def chain(count: int, *, one_file: bool = False) -> list[Json]:
    """Return tasks that require one another in a row.

    Args:
        count: how many.
        one_file: whether all change the same file, so that the repository does not grow with them;
            otherwise each creates one.
    """
    names = [f"t{number:04d}" for number in range(count)]
    befores: list[tuple[str, ...]] = [(), *((name,) for name in names[:-1])]
    return [
        task(
            name,
            *before,
            files={"modify": [_ONE_FILE]} if one_file else {"create": [f"{name}.txt"]},
        )
        for name, before in zip(names, befores, strict=True)
    ]


def make_plan(
    project: Project,
    tasks: Sequence[Json],
    seconds: Mapping[str, float] | None = None,
    agent: str = "playbook",
) -> str:
    """Make and approve a plan that an agent carries out; return its id.

    Args:
        project: where.
        tasks: the tasks.
        seconds: how long the playbook agent waits in each.
        agent: playbook, or acp for an ACP agent of a few lines.
    """
    waits: dict[str, list[Any]] = {
        name: [{"delay": each}] for name, each in (seconds or {}).items()
    }
    script = {
        each["id"]: [
            [*waits.get(each["id"], []), {"write": {"path": path, "content": each["id"]}}]
            for kind in each["files"].values()
            for path in kind
        ]
        for each in tasks
    }
    options = {"playbook": str(project.write_playbook(script))}
    if agent == "acp":
        program = [sys.executable, "-I", "-S", few_lines_agent.__file__]
        options = {"command": str(program).replace("'", '"'), "home": "private"}
    view = project.ask(
        "plan.create", objective="Test", tasks=list(tasks), agent=agent, options=options
    )
    project.ask("plan.approve", plan=view.plan.id)
    return str(view.plan.id)
