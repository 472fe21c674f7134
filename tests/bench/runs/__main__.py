"""What the runner adds to the work of its agents: `python -m tests.bench.runs --help`.

Each figure stands beside its control from the same machine and the same minutes; nothing is
asserted. The controls have no code of ours in them.

- chain: no-op tasks in a row, beside the same by hand;
- makespan: a graph of tasks with several workers, beside a simulated schedule by the runner's own
  rule in which each task is longer by what it costs by hand;
- growth: commands and tasks in plans of different sizes;
- whole: one run of many tasks, between marks;
- counts: git processes, syncs and threads per task.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from podium.entities.plans import load_plan
from tests.bench.runs.by_hand import median_by_hand, median_sync
from tests.bench.runs.counts import counts_per_task
from tests.bench.runs.growth import command_costs, costs_between, task_cost
from tests.bench.runs.place import AGENTS, chain, isolate, make_plan, make_project
from tests.bench.runs.schedule import bound, simulated
from tests.support.projects import Json, task

PARTS = ("chain", "makespan", "growth", "whole", "counts")


def main() -> None:
    """Measure the chosen parts and print each figure beside its control."""
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        isolate(place)
        for part in options.parts or PARTS:
            print(f"\n== {part}")
            MEASURES[part](place, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.runs")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="by default all")
    parser.add_argument("--at", type=int, default=10, help="the task of the chain to measure")
    parser.add_argument("--agents", nargs="+", choices=AGENTS, default=list(AGENTS))
    parser.add_argument("--tasks", type=int, default=200, help="of the graph")
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument(
        "--seconds", type=float, nargs=2, default=[0.2, 1.0], help="the shortest and longest task"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 200, 1000])
    parser.add_argument("--marks", type=int, nargs="+", default=[50, 1000, 2999])
    return parser.parse_args()


def _chain(place: Path, options: argparse.Namespace) -> None:
    around = 5
    hand = median_by_hand(place, 2 * around)
    sync = median_sync(place)
    goal = hand + 0.040 + 8 * sync
    print(f"by hand {hand * 1000:.0f} ms; fdatasync p50 {sync * 1000:.1f} ms")
    for agent in options.agents:
        project = make_project(place / f"chain-{agent}")
        plan_id = make_plan(project, chain(options.at + around), agent=agent)
        project.close()
        times = _run(project.root, plan_id, 1)["times"]
        first, last = options.at - around, options.at + around - 1
        measured = (times[last][1] - times[first][1]) / (last - first)
        _row(f"chain, {agent}, at task {options.at} (ms)", measured * 1000, hand * 1000)
        print(f"  overhead {(measured - hand) * 1000:.0f} ms, goal {(goal - hand) * 1000:.0f} ms")


def _makespan(place: Path, options: argparse.Namespace) -> None:
    dice = random.Random(7)
    seconds = {f"g{n:03d}": dice.uniform(*options.seconds) for n in range(options.tasks)}
    names = list(seconds)
    tasks: list[Json] = []
    for index, name in enumerate(names):
        near = names[max(0, index - 40) : index]
        before = dice.sample(near, k=min(len(near), dice.randint(0, 2)))
        estimate = {"minutes": seconds[name]}
        tasks.append(task(name, *before, files={"create": [f"{name}.txt"]}, estimate=estimate))
    project = make_project(place / "graph")
    plan_id = make_plan(project, tasks, seconds)
    graph = load_plan(project.engine.store, plan_id).tasks
    project.close()
    hand = median_by_hand(place / "graph", 5)
    longer = {name: each + hand for name, each in seconds.items()}
    ideal = simulated(graph, longer, options.workers)
    took = _run(project.root, plan_id, options.workers)["seconds"]
    low, high = options.seconds
    what = f"makespan, {len(tasks)} tasks of {low:g}-{high:g} s, {options.workers} workers (s)"
    _row(what, took, ideal)
    _row("  the simulation beside its bound (s)", ideal, bound(graph, longer, options.workers))


def _growth(place: Path, options: argparse.Namespace) -> None:
    per_task: dict[int, float] = {}
    for count in options.sizes:
        costs = command_costs(place / f"commands-{count}", count)
        shown = "  ".join(f"{name} {cost:.2f}" for name, cost in costs.items())
        print(f"{count} tasks, processor seconds: {shown}")
        _row("  import beside writing by hand", costs["import"], costs["by hand"])
        for name in ("show", "approve", "run -d"):
            _row(f"  {name} beside import", costs[name], costs["import"])
        per_task[count] = task_cost(place / f"tasks-{count}", count)
        _row(
            "  a task beside one of the smallest plan (ms)",
            per_task[count] * 1000,
            per_task[options.sizes[0]] * 1000,
        )


def _whole(place: Path, options: argparse.Namespace) -> None:
    marks: list[int] = options.marks
    costs = costs_between(place / "whole", marks[-1] + 1, marks)
    for first, last, cost in zip(marks, marks[1:], costs, strict=False):
        _row(f"a task between {first} and {last} (processor ms)", cost * 1000, costs[0] * 1000)


def _counts(place: Path, options: argparse.Namespace) -> None:
    del options
    counts = counts_per_task(place)
    if counts is None:
        print("not counted: strace is not installed")
        return
    for kind, count in counts.items():
        print(f"{kind:<44}{count:>12.1f}")


MEASURES = {
    "chain": _chain,
    "makespan": _makespan,
    "growth": _growth,
    "whole": _whole,
    "counts": _counts,
}


def _run(root: Path, plan_id: str, workers: int) -> Json:
    """Carry out a run in a process of its own; return when its tasks ended and how long it took."""
    command = [sys.executable, "-m", "tests.bench.runs.one_run", str(root), plan_id, str(workers)]
    began = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    took = time.perf_counter() - began
    result: Json = json.loads(done.stdout.strip().splitlines()[-1])
    return {**result, "seconds": took}


def _row(what: str, figure: float, control: float) -> None:
    print(f"{what:<56}{figure:>10.2f}{control:>10.2f}{figure / control:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
