"""Measures what commands and tasks cost in plans of different sizes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio

from podium.entities.runs import all_runs
from podium.model import layout
from podium.model.states import Phase
from podium.operations.table import load_operation
from tests.bench.runs.place import chain, make_plan, make_project
from tests.support.projects import Project

FIRST, LAST = 2, 12
"""The tasks between which the cost of a task is measured."""


def command_costs(place: Path, count: int) -> dict[str, float]:
    """Return the processor seconds of commands on a plan of so many tasks.

    `by hand` is what it takes to write the same files without a store.
    """
    project = make_project(place)
    file = place / "plan.json"
    script = project.write_playbook({f"t{number:04d}": [[]] for number in range(count)})
    file.write_text(json.dumps({"objective": "Test", "tasks": chain(count)}))
    costs: dict[str, float] = {}
    costs["import"] = _cost(project, lambda: _ask(project, "plan.import", path=str(file)))
    costs["by hand"] = _write_by_hand(project.root / ".podium" / "plans", place / "hand")
    costs["show"] = _cost(project, lambda: _ask(project, "plan.show"))
    costs["approve"] = _cost(project, lambda: _ask(project, "plan.approve"))
    costs["run -d"] = _cost(
        project,
        lambda: _ask(project, "run.start", agent="playbook", options={"playbook": str(script)}),
    )
    project.close()
    return costs


def _ask(project: Project, operation_id: str, **params: Any) -> None:
    """Ask an operation without a runner; its result is dropped, because asyncio would print it."""
    operation = load_operation(operation_id)
    unattended = replace(project.engine, start_runner=lambda: None, expect_runner=lambda: None)

    async def ask() -> None:
        await operation.run(unattended, operation.params(**params))

    anyio.run(ask)


def _cost(project: Project, command: Callable[[], object]) -> float:
    """Return the processor seconds of a command, with opening the store."""
    project.reopen()
    began = time.process_time()
    command()
    return time.process_time() - began


def _write_by_hand(source: Path, target: Path) -> float:
    files = [each for each in source.rglob("*.json") if each.is_file()]
    texts = [(target / each.relative_to(source), each.read_bytes()) for each in files]
    began = time.process_time()
    for path, text in texts:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    return time.process_time() - began


def task_cost(place: Path, count: int) -> float:
    """Return the processor seconds of one of the first tasks of a plan of so many.

    Counted are the runner and all processes that it has waited for.
    """
    (cost,) = costs_between(place, count, (FIRST, LAST))
    return cost


def costs_between(
    place: Path, count: int, marks: Sequence[int], *, one_file: bool = False
) -> list[float]:
    """Return the processor seconds per task between each two marks of one run.

    Counted are the runner and all processes that it has waited for.

    Args:
        place: where to make the project.
        count: the number of tasks, which follow one another.
        marks: the numbers of tasks, ascending; the run is ended after the last.
        one_file: whether all tasks change the same file; otherwise the repository grows, too.
    """
    project = make_project(place)
    plan_id = make_plan(project, chain(count, one_file=one_file))
    run = [sys.executable, "-m", "tests.bench.runs.one_run", str(project.root), plan_id, "1"]
    process = subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen = [_processor_seconds_at(project, plan_id, process.pid, each) for each in marks]
    process.send_signal(signal.SIGKILL)
    process.wait()
    project.close()
    return [
        (after - before) / (last - first)
        for first, last, before, after in zip(marks, marks[1:], seen, seen[1:], strict=False)
    ]


def _processor_seconds_at(project: Project, plan_id: str, pid: int, number: int) -> float:
    """Wait until the task with a number has ended; return what a process has used by then."""
    store = project.engine.store

    def is_done() -> bool:
        run = next(iter(all_runs(store, plan_id)), None)
        record = store.get(layout.task_run(run.id, f"t{number:04d}")) if run else None
        return record is not None and record.phase is Phase.DONE

    async def wait() -> None:
        cursor = store.cursor()
        if is_done():
            return
        async for _ in store.changes(cursor):
            if is_done():
                return

    anyio.run(wait)
    return _processor_seconds(pid)


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
