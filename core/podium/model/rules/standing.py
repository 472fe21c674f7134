"""The state of the tasks of a run, kept up to date as their records change.

A decision only needs the tasks for which an action is possible. `TaskIndex` updates them after each
changed record, in time that does not depend on the size of the plan.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from podium.model.plans import Task
from podium.model.rules.graph import remaining_minutes
from podium.model.rules.retries import is_exhausted
from podium.model.runs import ACTIVE_PHASES, END_PHASES, TaskRun
from podium.model.states import Phase

DEAD_PHASES = frozenset({Phase.FAILED, Phase.BLOCKED, Phase.CANCELLED})
_NOT_BEGUN = frozenset({Phase.WAITING, Phase.RETRYING})


class _Worth(Enum):
    """Whether a requirement is met."""

    DONE = "done"
    OPEN = "open"
    DEAD = "dead"


@dataclass(frozen=True)
class Standing:
    """The tasks of a run for which an action is possible, in plan order unless stated otherwise.

    Args:
        active: tasks that are being worked on.
        ready: tasks that may begin, in the order in which they should begin.
        exhausted: failed tasks that have no attempts left.
        unreachable: waiting tasks with a requirement that cannot be met.
        uncleaned: completed tasks whose worktrees have not been removed yet.
        open: the number of tasks that have not ended.
    """

    active: tuple[Task, ...]
    ready: tuple[Task, ...]
    exhausted: tuple[Task, ...]
    unreachable: tuple[Task, ...]
    uncleaned: tuple[Task, ...]
    open: int


class TaskIndex:
    """Groups the tasks of a run by the action that is possible for them.

    Args:
        tasks: the run's tasks, in plan order.
        already_done: tasks outside this run whose results are part of its base.
        max_attempts: maximum number of attempts per task.
        took: the minutes that tasks took in past runs, for tasks without an estimate.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        already_done: frozenset[str],
        max_attempts: int,
        took: Mapping[str, float],
    ) -> None:
        self._tasks = tuple(tasks)
        self._places = {task.id: place for place, task in enumerate(tasks)}
        self._already_done = already_done
        self._max_attempts = max_attempts
        self._remaining = remaining_minutes(tasks, took)
        self._runs: dict[str, TaskRun] = {}
        self._followers = _followers(tasks)
        self._active: set[int] = set()
        self._exhausted: set[int] = set()
        self._unreachable: set[int] = set()
        self._uncleaned: set[int] = set()
        self._open: set[int] = set()
        self._is_ready: set[int] = set()
        self._ready: list[Task] = []
        self._missing = [0] * len(self._tasks)
        self._dead = [0] * len(self._tasks)
        for place, task in enumerate(self._tasks):
            for each in set(task.requires):
                self._count(place, self._worth(each), 1)
            self._file(place)

    def put(self, run: TaskRun) -> None:
        """Update the index with a task's new record."""
        before = self._worth(run.task_id)
        self._runs[run.task_id] = run
        if run.task_id in self._places:
            self._file(self._places[run.task_id])
        after = self._worth(run.task_id)
        if after is not before:
            for place in self._followers.get(run.task_id, ()):
                self._count(place, before, -1)
                self._count(place, after, 1)
                self._file(place)

    def phase(self, task_id: str) -> Phase:
        """Return the phase of a task."""
        if task_id in self._already_done:
            return Phase.DONE
        run = self._runs.get(task_id)
        return run.phase if run else Phase.WAITING

    def standing(self) -> Standing:
        """Return the current state of the tasks."""
        return Standing(
            active=self._in_plan_order(self._active),
            ready=tuple(self._ready),
            exhausted=self._in_plan_order(self._exhausted),
            unreachable=self._in_plan_order(self._unreachable),
            uncleaned=self._in_plan_order(self._uncleaned),
            open=len(self._open),
        )

    def _in_plan_order(self, places: Iterable[int]) -> tuple[Task, ...]:
        return tuple(self._tasks[place] for place in sorted(places))

    def _file(self, place: int) -> None:
        """Put a task into its group."""
        task = self._tasks[place]
        phase, run = self.phase(task.id), self._runs.get(task.id)
        _keep(self._active, place, wanted=phase in ACTIVE_PHASES)
        _keep(self._open, place, wanted=phase not in END_PHASES)
        exhausted = (
            run is not None
            and run.phase is Phase.RETRYING
            and is_exhausted(run, self._max_attempts)
        )
        _keep(self._exhausted, place, wanted=exhausted)
        left = run is not None and run.phase is Phase.DONE and not run.cleaned
        _keep(self._uncleaned, place, wanted=left)
        dead = phase is Phase.WAITING and self._dead[place] > 0
        _keep(self._unreachable, place, wanted=dead)
        ready = phase in _NOT_BEGUN and not self._missing[place] and not self._dead[place]
        self._keep_ready(task, place, wanted=ready)

    def _worth(self, task_id: str) -> "_Worth":
        """Return whether a task meets the requirement of the tasks that depend on it."""
        phase = self.phase(task_id)
        if phase is Phase.DONE:
            return _Worth.DONE
        if phase in DEAD_PHASES or task_id not in self._places:
            return _Worth.DEAD
        return _Worth.OPEN

    def _count(self, place: int, worth: "_Worth", change: int) -> None:
        """Count a requirement of a task, or stop counting it."""
        if worth is _Worth.OPEN:
            self._missing[place] += change
        elif worth is _Worth.DEAD:
            self._dead[place] += change

    def _keep_ready(self, task: Task, place: int, *, wanted: bool) -> None:
        if wanted and place not in self._is_ready:
            insort(self._ready, task, key=self._turn)
        elif not wanted and place in self._is_ready:
            del self._ready[bisect_left(self._ready, self._turn(task), key=self._turn)]
        _keep(self._is_ready, place, wanted=wanted)

    def _turn(self, task: Task) -> tuple[int, float, int]:
        """Return the sort key that decides which ready task begins first."""
        return task.priority.rank, -self._remaining[task.id], self._places[task.id]


def _keep(places: set[int], place: int, *, wanted: bool) -> None:
    if wanted:
        places.add(place)
    else:
        places.discard(place)


def _followers(tasks: Sequence[Task]) -> dict[str, list[int]]:
    """Return, by task id, the positions of the tasks that directly require it."""
    found: dict[str, list[int]] = {}
    for place, task in enumerate(tasks):
        for each in set(task.requires):
            found.setdefault(each, []).append(place)
    return found
