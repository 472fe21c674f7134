"""What the runner adds to the work of its agents: `python -m tests.bench.runs --help`.

Each figure stands beside its control from the same machine and the same minutes; nothing is
asserted. The controls have no code of ours in them.

- chain: no-op tasks in a row, beside the same by hand in a repository with as many files, early
  and late in a long plan;
- peer: the same with parallel-orchestra, if it is installed (in an environment of its own);
- makespan: graphs of tasks with several workers, beside a simulated schedule by the runner's own
  rule in which each task is longer by what it costs by hand;
- growth: commands and tasks in plans of different sizes;
- whole: one run of many tasks, between marks;
- counts: git processes, syncs and threads per task;
- warm: how soon an attempt is ready in a worktree that is given out again, beside a new worktree.
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from podium.entities.plans import load_plan
from tests.bench.runs.by_hand import Controls
from tests.bench.runs.counts import counts_per_task
from tests.bench.runs.growth import command_costs, costs_between, task_cost
from tests.bench.runs.peer import PROGRAM, peer_task_cost
from tests.bench.runs.place import AGENTS, chain, isolate, make_plan, make_project
from tests.bench.runs.processor import Processor, counted_processor
from tests.bench.runs.schedule import bound, simulated
from tests.bench.runs.warm import ready_times
from tests.support.projects import Json, task

PARTS = ("chain", "peer", "makespan", "growth", "whole", "counts", "warm")
LENGTHS = ((1.0, 4.0), (0.2, 1.0))
AROUND = 10
"""How many tasks before and after the chosen one are measured with it."""


def main() -> None:
    """Measure the chosen parts and print each figure beside its control."""
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        isolate(place)
        controls = Controls(place)
        for part in options.parts or PARTS:
            print(f"\n== {part} (load {os.getloadavg()[0]:.1f})")
            MEASURES[part](place, options, controls)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.runs")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="by default all")
    parser.add_argument(
        "--at", type=int, nargs="+", default=[10, 1000], help="the tasks of the chain to measure"
    )
    parser.add_argument("--agents", nargs="+", choices=AGENTS, default=list(AGENTS))
    parser.add_argument("--peer", default=PROGRAM, help="the program of parallel-orchestra")
    parser.add_argument("--tasks", type=int, default=200, help="of the graph")
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument(
        *("--seconds", "-s"),
        type=float,
        nargs=2,
        action="append",
        help=f"the shortest and longest task of a graph; by default {LENGTHS}",
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 200, 1000, 3000])
    parser.add_argument("--files", type=int, default=30_000, help="in the repository of warm")
    parser.add_argument("--pairs", type=int, default=5, help="of a warm and a new worktree")
    parser.add_argument("--marks", type=int, nargs="+", default=[50, 1000, 2999])
    return parser.parse_args()


def _chain(place: Path, options: argparse.Namespace, controls: Controls) -> None:
    for agent in options.agents:
        project = make_project(place / f"chain-{agent}")
        plan_id = make_plan(project, chain(max(options.at) + AROUND), agent=agent)
        project.close()
        same = {at: Controls(place / f"by-hand-{agent}-{at}", files=at) for at in options.at}
        _measure_all(controls, *same.values())
        with counted_processor() as processor:
            times = _run(project.root, plan_id, 1, processor)["times"]
            used = processor.seconds()
        _measure_all(controls, *same.values())
        for at in options.at:
            hand = same[at].task
            _row(f"chain, {agent}, task {at} (ms)", 1000 * _gap(times, at), 1000 * hand)
            over, goal = _gap(times, at) - hand, 0.040 + 8 * controls.sync
            _row("  beyond the same by hand, beside its goal (ms)", 1000 * over, 1000 * goal)
        if used is not None:
            print(f"  processor time per task: {1000 * used / len(times):.0f} ms")
    few = f"by hand, few files {1000 * controls.task:.0f} ms"
    print(f"{few}; fdatasync p50 {1000 * controls.sync:.2f} ms")


def _measure_all(*controls: Controls) -> None:
    for each in controls:
        each.measure()


def _gap(times: list[list[float]], at: int) -> float:
    """Return the median seconds from one end to the next around a task of a chain."""
    ends = [end for _, end in times[max(0, at - AROUND) : at + AROUND]]
    return statistics.median(after - before for before, after in pairwise(ends))


def _peer(place: Path, options: argparse.Namespace, controls: Controls) -> None:
    controls.measure()
    cost = peer_task_cost(place, options.peer)
    controls.measure()
    if cost is None:
        print(f"not measured: {options.peer} is not installed; --peer names its program")
        return
    _row("chain, parallel-orchestra (ms)", 1000 * cost, 1000 * controls.task)


def _makespan(place: Path, options: argparse.Namespace, controls: Controls) -> None:
    for low, high in options.seconds or LENGTHS:
        tasks, seconds = _graph(options.tasks, low, high)
        project = make_project(place / f"graph-{low}-{high}")
        plan_id = make_plan(project, tasks, seconds)
        graph = load_plan(project.engine.store, plan_id).tasks
        project.close()
        controls.measure()
        with counted_processor() as processor:
            times = _run(project.root, plan_id, options.workers, processor)["times"]
            used = processor.seconds()
        controls.measure()
        longer = {name: each + controls.task for name, each in seconds.items()}
        ideal = simulated(graph, longer, options.workers)
        took = max(end for _, end in times) - min(begin for begin, _ in times)
        what = f"makespan, {len(tasks)} tasks of {low:g}-{high:g} s, {options.workers} workers (s)"
        _row(what, took, ideal)
        least = bound(graph, longer, options.workers)
        _row("  the simulation beside its bound (s)", ideal, least)
        if used is not None:
            print(f"  processor time per task: {1000 * used / len(tasks):.0f} ms")


def _graph(count: int, low: float, high: float) -> tuple[list[Json], dict[str, float]]:
    """Return tasks that require earlier ones here and there, and how long each takes."""
    dice = random.Random(7)
    seconds = {f"g{n:03d}": dice.uniform(low, high) for n in range(count)}
    names = list(seconds)
    tasks: list[Json] = []
    for index, name in enumerate(names):
        near = names[max(0, index - 40) : index]
        before = dice.sample(near, k=min(len(near), dice.randint(0, 2)))
        estimate = {"minutes": seconds[name]}
        tasks.append(task(name, *before, files={"create": [f"{name}.txt"]}, estimate=estimate))
    return tasks, seconds


def _growth(place: Path, options: argparse.Namespace, controls: Controls) -> None:
    del controls
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


def _whole(place: Path, options: argparse.Namespace, controls: Controls) -> None:
    del controls
    marks: list[int] = options.marks
    for one_file in (True, False):
        costs = costs_between(place / f"whole-{one_file}", marks[-1] + 1, marks, one_file=one_file)
        print("all change one file" if one_file else "each adds a file to one folder")
        for first, last, cost in zip(marks, marks[1:], costs, strict=False):
            _row(f"a task between {first} and {last} (processor ms)", cost * 1000, costs[0] * 1000)


def _counts(place: Path, options: argparse.Namespace, controls: Controls) -> None:
    del options, controls
    counts = counts_per_task(place)
    if counts is None:
        print("not counted: strace is not installed")
        return
    for kind, count in counts.items():
        print(f"{kind:<44}{count:>12.1f}")


def _warm(place: Path, options: argparse.Namespace, controls: Controls) -> None:
    del controls
    times: list[tuple[float, float, float]] = []
    for each in ready_times(place / "warm", options.files, options.pairs):
        ready, released, cold = (seconds * 1000 for seconds in each)
        times.append(each)
        _row(f"{options.files} files: ready, beside git worktree add (ms)", ready, cold)
        _row("  released, beside it (ms)", released, cold)
    ratio = statistics.median(ready / cold for ready, _, cold in times)
    print(f"  median {ratio:.2f}, goal 0.25")


MEASURES = {
    "chain": _chain,
    "peer": _peer,
    "makespan": _makespan,
    "growth": _growth,
    "whole": _whole,
    "counts": _counts,
    "warm": _warm,
}


def _run(root: Path, plan_id: str, workers: int, processor: Processor) -> Json:
    """Carry out a run in a process of its own; return when its tasks began and ended."""
    command = [sys.executable, "-m", "tests.bench.runs.one_run", str(root), plan_id, str(workers)]
    result: Json = json.loads(processor.run(command).strip().splitlines()[-1])
    return result


def _row(what: str, figure: float, control: float) -> None:
    print(f"{what:<56}{figure:>10.2f}{control:>10.2f}{figure / control:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
