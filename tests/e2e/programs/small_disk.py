"""Runs a plan while one of its disks refuses; started in a mount namespace of its own.

Usage: small_disk.py PLACE KIND FOLDER; prints what it saw as JSON.
PLACE is project, cache or tmp; KIND is full, inodes or read-only.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import platformdirs
from tests.support.commands import podium_process
from tests.support.projects import SAMPLE, Json, Project, task, write
from tests.support.repositories import make_repository

from podium.model import layout
from podium.model.runs import TaskRun
from podium.operations.run.status import RunStatus

OPTIONS = "size=24m,nr_inodes=4000"
NAMES = ("a", "b", "c")
USES_TMPDIR: Json = {
    "id": "tmp",
    "text": "it has a temporary file",
    "command": ["sh", "-c", 'head -c 100000 /dev/zero > "$(mktemp)"'],
}


def main(place: str, kind: str, folder: Path) -> None:
    """Make the disk, run the plan on it, and print what was seen."""
    disk = mount(place, folder)
    os.environ["TMPDIR"] = str(folder / "tmp")
    tempfile.tempdir = None
    project = Project(make_repository(folder / "work" / "app", SAMPLE))
    project.ask("project.init")
    gate = folder / "gate"
    steps = {each: [[write(f"{each}.py", f"{each} = 1\n")]] for each in NAMES}
    steps["a"][0].insert(0, {"run": ["sh", "-c", f"while [ ! -e '{gate}' ]; do sleep 0.05; done"]})
    tasks = [task("a", acceptance=[USES_TMPDIR]), task("b", "a"), task("c", "b")]
    plan = project.plan(tasks, steps)
    run = project.ask("run.start", plan=plan).run_id
    project.wait_run(run, lambda now: now.tasks[0].step == "execute")
    with refusing(disk, kind):
        gate.touch()
        seen: dict[str, Any] = {"asked": wait_question(project, run, place)}
        foreground = podium_process(project.root, "run", "--plain", COLUMNS="200")
        seen |= {"code": foreground.returncode, "error": foreground.stderr}
    podium_process(project.root, "answer", "--choice", "retry")
    podium_process(project.root, "run", "--detach")
    ended = project.wait_run(run, lambda now: now.ended)
    sys.stdout.write(json.dumps(seen | what_remains(project, ended)))


def mount(place: str, folder: Path) -> Path:
    """Mount a small disk at a place and return it."""
    places = {
        "project": folder / "work",
        "cache": platformdirs.user_cache_path("podium"),
        "tmp": folder / "tmp",
    }
    for each in places.values():
        each.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", OPTIONS, "tmpfs", str(places[place])], check=True)
    return places[place]


@contextlib.contextmanager
def refusing(disk: Path, kind: str) -> Any:
    """Let the disk refuse while the block runs."""
    filler = disk / "filler"
    if kind == "read-only":
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        yield
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        return
    filler.mkdir()
    with contextlib.suppress(OSError):
        if kind == "inodes":
            for number in range(100_000):
                (filler / str(number)).touch()
        with (filler / "block").open("wb") as file:
            while True:
                file.write(bytes(4096))
                file.flush()
    yield
    for each in filler.iterdir():
        each.unlink()


def wait_question(project: Project, run: str, place: str) -> list[str]:
    """Return the questions that the run asked; on the project's own disk none can be stored."""
    if place == "project":
        return []
    now: RunStatus = project.wait_run(run, lambda now: bool(now.questions))
    return [each.text for each in now.questions]


def what_remains(project: Project, ended: RunStatus) -> dict[str, Any]:
    """Return how the run ended and what each task took."""
    store = project.engine.store
    rows: list[TaskRun] = [
        row for each in NAMES if (row := store.get(layout.task_run(ended.run_id, each)))
    ]
    return {
        "state": ended.state,
        "problems": [each.problem for row in rows for each in row.attempts],
        "counted": [sum(each.counts for each in row.attempts) for row in rows],
        "open": [each.text for each in ended.questions],
        "left": [row.left_over for row in rows],
    }


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
