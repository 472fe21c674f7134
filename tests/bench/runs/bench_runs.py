"""What the engine adds to the agents' own time: `python -m tests.bench.runs.bench_runs`.

Each figure stands beside a control of the same machine in the same minute; nothing is asserted.

- overhead per agent call: no-op calls through the dispatcher, minus the same shims started by hand;
- overhead per task: the same, with worktree, gates and merge;
- makespan: a random graph of tasks with N workers, beside max(critical path, work / N).
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio

from podium.agents.local_dispatcher import LocalDispatcher
from podium.model.agents import AgentRequest, Role
from tests.support.projects import Json, Project, task
from tests.support.repositories import make_repository

CALLS = 20
TASKS = 40
WORKERS = 4
SECONDS = 2.0


def main() -> None:
    """Run every measurement and print its figure beside its control."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        _isolate(place)
        print(f"{'what':<44}{'figure':>12}{'control':>12}{'ratio':>8}")
        _calls(place)
        _tasks(place)
        _makespan(place)


def _calls(place: Path) -> None:
    dispatcher = LocalDispatcher(place / "calls")
    script = place / "noop.yaml"
    script.write_text('{"version": 1, "tasks": {"t": [[]]}}')

    async def through(number: int) -> None:
        request = _request(f"call/{number}", place, script)
        await dispatcher.submit(request)
        await dispatcher.wait_outcome(request.key)

    def call(number: int) -> None:
        anyio.run(through, number)

    measured = [_timed(partial(call, number)) for number in range(CALLS)]
    by_hand = [
        _timed(partial(_by_hand, dispatcher, place, script, number)) for number in range(CALLS)
    ]
    figure, control = statistics.median(measured), statistics.median(by_hand)
    _row("one no-op agent call (ms)", figure * 1000, control * 1000)
    print(f"  overhead per agent call: {(figure - control) * 1000:.0f} ms")


def _by_hand(dispatcher: LocalDispatcher, place: Path, script: Path, number: int) -> None:
    """Start the same shim without the dispatcher and wait for its end."""
    request = _request(f"hand/{number}", place, script)
    folder = dispatcher.folder(request.key)
    folder.prepare(request)
    fd = folder.try_lock()
    assert fd is not None
    command = [sys.executable, "-P", "-m", "podium", "shim", str(folder.path), str(fd)]
    subprocess.run(command, pass_fds=(fd,), check=True, stdin=subprocess.DEVNULL)
    os.close(fd)


def _tasks(place: Path) -> None:
    project = _project(place / "chain")
    names = [f"t{n:02d}" for n in range(12)]
    plan_id = project.plan(
        [task(name, files={"create": [f"{name}.txt"]}) for name in names],
        {n: [[{"write": {"path": f"{n}.txt", "content": n}}]] for n in names},
    )
    began = time.perf_counter()
    _run(project, plan_id)
    per_task = (time.perf_counter() - began) / len(names)
    alone = _git_alone(project.root)
    _row("one no-op task, gates and merge (ms)", per_task * 1000, alone * 1000)
    project.close()


def _git_alone(root: Path) -> float:
    """Return what adding a worktree, one commit in it and removing it takes by hand."""

    def once() -> None:
        folder = root.parent / "by-hand"
        for words in (
            ["worktree", "add", "-q", "-b", "by-hand", str(folder)],
            ["-C", str(folder), "commit", "-q", "--allow-empty", "-m", "x"],
            ["worktree", "remove", str(folder)],
            ["branch", "-q", "-D", "by-hand"],
        ):
            subprocess.run(["git", *words], cwd=root, check=True)

    return statistics.median(_timed(once) for _ in range(5))


def _makespan(place: Path) -> None:
    dice = random.Random(7)
    project = _project(place / "graph")
    seconds = {f"t{n:03d}": dice.uniform(0.5, 1.5) * SECONDS for n in range(TASKS)}
    names = list(seconds)
    tasks: list[Json] = []
    longest: dict[str, float] = {}
    for index, name in enumerate(names):
        before = dice.sample(names[:index], k=min(index, dice.randint(0, 2)))
        longest[name] = seconds[name] + max((longest[each] for each in before), default=0.0)
        tasks.append(task(name, *before, files={"create": [f"{name}.txt"]}))
    script = {
        n: [[{"delay": s}, {"write": {"path": f"{n}.txt", "content": n}}]]
        for n, s in seconds.items()
    }
    plan_id = project.plan(tasks, script)
    began = time.perf_counter()
    _run(project, plan_id, max_parallel=WORKERS)
    took = time.perf_counter() - began
    _row(
        f"makespan of {TASKS} tasks, {WORKERS} workers (s)",
        took,
        max(max(longest.values()), sum(seconds.values()) / WORKERS),
    )
    project.close()


def _request(key: str, place: Path, script: Path) -> AgentRequest:
    return AgentRequest(
        key=key,
        agent="playbook",
        role=Role.EXECUTOR,
        prompt="",
        folder=str(place),
        task_id="t",
        options={"playbook": str(script)},
    )


def _project(folder: Path) -> Project:
    project = Project(make_repository(folder / "app", {"README.md": "# app\n"}))
    project.ask("project.init")
    return project


def _isolate(place: Path) -> None:
    home = place / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
    folders = {f"XDG_{kind}_HOME": str(home / kind) for kind in ("CACHE", "STATE", "CONFIG")}
    os.environ.update(HOME=str(home), **folders)


def _timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _run(project: Project, plan_id: str, **start: Any) -> None:
    """Have a run carried out by a runner of its own, as people do."""
    run_id = project.ask("run.start", plan=plan_id, **start).run_id
    project.wait_run(run_id, lambda now: now.ended)


def _row(what: str, figure: float, control: float) -> None:
    print(f"{what:<44}{figure:>12.2f}{control:>12.2f}{figure / control:>8.2f}")


if __name__ == "__main__":
    main()
