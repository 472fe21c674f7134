"""A project whose agent plays a script, so that runs need no model."""

import json
from pathlib import Path
from typing import Any

from podium.projects.trust import trust
from tests.mcp_server.harness import Host, approved_plan, as_person, operate

TASKS: list[dict[str, Any]] = [
    {"id": "one", "title": "First part", "files": ["one.txt"]},
    {"id": "two", "title": "Second part", "requires": ["one"], "files": ["two.txt"]},
]


def write_settings(folder: Path, *, wait_for: Path | None = None) -> None:
    """Let the playbook agent do the two tasks; the first one waits for a file, if one is named."""
    steps: list[dict[str, Any]] = [{"write": {"path": "one.txt", "content": "1\n"}}]
    if wait_for is not None:
        script = f"import os, time\nwhile not os.path.exists({str(wait_for)!r}): time.sleep(0.02)"
        steps = [{"run": ["python3", "-c", script]}, *steps]
    playbook = {
        "version": 1,
        "tasks": {"one": [steps], "two": [[{"write": {"path": "two.txt", "content": "2\n"}}]]},
    }
    path = folder / ".podium" / "playbook.yaml"
    path.write_text(json.dumps(playbook))
    settings = {"agents": {"default": "playbook", "options": {"playbook": {"playbook": str(path)}}}}
    (folder / ".podium" / "config.yaml").write_text(json.dumps(settings))


async def ready_to_run(host: Host, folder: Path, *, wait_for: Path | None = None) -> str:
    """Return an approved plan whose settings a person trusts."""
    write_settings(folder, wait_for=wait_for)
    async with as_person(folder) as engine:
        trust(engine.root, engine.config.config)
    return await approved_plan(host, folder, TASKS)


async def run_of(folder: Path) -> Any:
    """Return where the newest run stands."""
    async with as_person(folder) as engine:
        return await operate(engine, "run.status")
