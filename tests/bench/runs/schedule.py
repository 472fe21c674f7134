"""Simulates a run in which the runner costs nothing, by the runner's own rule."""

import heapq
from collections.abc import Mapping, Sequence

from podium.model.plans import Task
from podium.model.rules.decide import Begin, RunView, decide
from podium.model.runs import Attempt, RequestedState, TaskRun
from podium.model.states import Phase
from podium.platform.clock import SystemClock


def simulated(tasks: Sequence[Task], seconds: Mapping[str, float], workers: int) -> float:
    """Return when the last task ends if each begins as soon as the runner's rule lets it."""
    started_at = SystemClock().now()
    attempt = Attempt(number=1, branch="b", started_at=started_at)
    records: dict[str, TaskRun] = {}
    ends: list[tuple[float, str]] = []
    now = 0.0
    while True:
        view = RunView(tuple(tasks), records, RequestedState.RUN, workers, 1)
        for action in decide(view):
            if isinstance(action, Begin):
                records[action.task_id] = TaskRun(
                    task_id=action.task_id, phase=Phase.WORKING, attempts=(attempt,)
                )
                heapq.heappush(ends, (now + seconds[action.task_id], action.task_id))
        if not ends:
            return now
        now, task_id = heapq.heappop(ends)
        ended = records[task_id].model_copy(update={"phase": Phase.DONE, "cleaned": True})
        records[task_id] = ended


def bound(tasks: Sequence[Task], seconds: Mapping[str, float], workers: int) -> float:
    """Return max(critical path, work / workers), which no schedule is shorter than."""
    longest: dict[str, float] = {}
    for each in tasks:
        before = max((longest[name] for name in each.requires), default=0.0)
        longest[each.id] = seconds[each.id] + before
    return max(*longest.values(), sum(seconds.values()) / workers)
