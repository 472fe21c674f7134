"""Decides the next actions of a run: `decide(state) -> actions`.

The runner commits an action's effect on the state before it executes the action. After a crash it
calls `decide` again: a task in an active phase yields the same `Continue` as before, so recovery
does not need a separate code path.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from podium.model.plans import Task
from podium.model.rules.standing import DEAD_PHASES, Standing, TaskIndex
from podium.model.runs import END_PHASES, RequestedState, TaskRun
from podium.model.states import Phase, RunState


@dataclass(frozen=True)
class RunView:
    """The input of a decision.

    Args:
        tasks: the run's tasks, in plan order.
        task_runs: by task id; a task without an entry is waiting.
        already_done: tasks outside this run whose results are part of its base.
        want: the state that the user requested.
        max_parallel: maximum number of active tasks.
        max_attempts: maximum number of attempts per task.
        held: tasks that are held by a question.
        run_held: whether a question holds the whole run.
        stopped: tasks that a person stopped instead of letting them exceed their budget.
        took: the minutes that tasks took in past runs; used for tasks without an estimate.
        kept: the state of the tasks, if it is known; otherwise it is derived from the records.
    """

    tasks: tuple[Task, ...]
    task_runs: Mapping[str, TaskRun]
    want: RequestedState
    max_parallel: int
    max_attempts: int
    already_done: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    run_held: bool = False
    stopped: frozenset[str] = frozenset()
    took: Mapping[str, float] = field(default_factory=dict[str, float])
    kept: Standing | None = None

    @cached_property
    def standing(self) -> Standing:
        """Return the state of the tasks."""
        if self.kept is not None:
            return self.kept
        index = TaskIndex(self.tasks, self.already_done, self.max_attempts, self.took)
        for run in self.task_runs.values():
            index.put(run)
        return index.standing()

    @cached_property
    def task_ids(self) -> frozenset[str]:
        """Return the ids of the run's tasks."""
        return frozenset(task.id for task in self.tasks)

    def phase(self, task_id: str) -> Phase:
        """Return the phase of a task."""
        if task_id in self.already_done:
            return Phase.DONE
        run = self.task_runs.get(task_id)
        return run.phase if run else Phase.WAITING

    def is_held(self, task_id: str) -> bool:
        """Whether a question holds a task."""
        return self.run_held or task_id in self.held

    def is_unreachable(self, task_id: str) -> bool:
        """Return whether a task can no longer be done: it failed, was cancelled, or is not in this
        run."""
        phase = self.phase(task_id)
        return phase in DEAD_PHASES or (phase is not Phase.DONE and task_id not in self.task_ids)

    def why_unreachable(self, task_id: str) -> str:
        """Format a requirement that cannot be met, such as `t1 (failed)`."""
        inside = task_id in self.task_ids
        return f"{task_id} ({self.phase(task_id) if inside else 'not done and not in this run'})"


@dataclass(frozen=True)
class Begin:
    """Start the next attempt of a task: its phase becomes `preparing`."""

    task_id: str
    attempt: int


@dataclass(frozen=True)
class Continue:
    """Execute the current phase of a task, unless it is already being executed."""

    task_id: str
    phase: Phase


@dataclass(frozen=True)
class CleanUp:
    """Remove the worktrees of a completed task, unless that is in progress."""

    task_id: str


@dataclass(frozen=True)
class Fail:
    """Fail a task that has no attempts left."""

    task_id: str
    reason: str


@dataclass(frozen=True)
class Block:
    """Block a task with a requirement that cannot be met."""

    task_id: str
    reason: str


@dataclass(frozen=True)
class Cancel:
    """Cancel a task in its current phase."""

    task_id: str
    reason: str = "cancelled"


@dataclass(frozen=True)
class Pause:
    """End the runner but keep the run: no task is active and the user requested a pause."""


@dataclass(frozen=True)
class Finish:
    """End the run, because every task has ended."""

    state: RunState


Action = Begin | Continue | CleanUp | Fail | Block | Cancel | Pause | Finish


def decide(view: RunView) -> tuple[Action, ...]:
    """Return the actions to take now; an empty tuple means waiting.

    No task starts before its requirements are done. At most `max_parallel` tasks are active, apart
    from held ones, and no two of them declare the same file. Ready tasks begin by priority, then by
    the longest path that remains from them to the end of the plan, then in plan order.
    """
    if view.want is RequestedState.CANCEL:
        return _cancel(view)
    settled: tuple[Action, ...] = (*_stopped(view), *_exhausted(view), *_blocks(view))
    if settled:
        return settled
    carried: tuple[Action, ...] = tuple(
        Continue(task.id, view.phase(task.id))
        for task in view.standing.active
        if not view.is_held(task.id)
    )
    begun = () if view.want is RequestedState.PAUSE else _begins(view)
    left = _clean_ups(view)
    if carried or left or begun:
        return (*carried, *left, *begun)
    if not view.standing.open:
        return (Finish(_end_state(view)),)
    return (Pause(),) if view.want is RequestedState.PAUSE else ()


def _cancel(view: RunView) -> tuple[Action, ...]:
    if view.standing.open:
        open_tasks = [task for task in view.tasks if view.phase(task.id) not in END_PHASES]
        return tuple(_end(view, task.id) for task in open_tasks)
    if left := _clean_ups(view):
        return left
    return (Finish(_end_state(view)),)


def _end(view: RunView, task_id: str) -> Cancel | Continue:
    """Cancel a task, but finish a merge in progress, because its branch may already have moved."""
    is_merging = _is_merging(view, task_id)
    return Continue(task_id, view.phase(task_id)) if is_merging else Cancel(task_id)


def _is_merging(view: RunView, task_id: str) -> bool:
    run = view.task_runs.get(task_id)
    return run is not None and run.is_merging


def _clean_ups(view: RunView) -> tuple[CleanUp, ...]:
    return tuple(CleanUp(task.id) for task in view.standing.uncleaned)


def _stopped(view: RunView) -> tuple[Cancel, ...]:
    reason = "cancelled by a person, because its budget is used up"
    open_tasks = [task for task in view.tasks if view.phase(task.id) not in END_PHASES]
    stopped = [task.id for task in open_tasks if task.id in view.stopped]
    return tuple(Cancel(each, reason) for each in stopped if not _is_merging(view, each))


def _exhausted(view: RunView) -> tuple[Fail, ...]:
    return tuple(
        Fail(task.id, view.task_runs[task.id].attempt.problem) for task in view.standing.exhausted
    )


def _blocks(view: RunView) -> tuple[Block, ...]:
    return tuple(Block(task.id, _why_blocked(view, task)) for task in view.standing.unreachable)


def _why_blocked(view: RunView, task: Task) -> str:
    dead = [each for each in task.requires if view.is_unreachable(each)]
    return f"requires {', '.join(view.why_unreachable(each) for each in dead)}"


def _begins(view: RunView) -> tuple[Begin, ...]:
    active = view.standing.active
    busy = {claim for task in active for claim in task.files.claims}
    # A held task needs no agent while it waits; its files stay claimed.
    free = view.max_parallel - sum(not view.is_held(task.id) for task in active)
    begun: list[Begin] = []
    for task in view.standing.ready:
        if len(begun) >= free:
            break
        if not view.is_held(task.id) and not _collide(task.files.claims, busy):
            busy |= task.files.claims
            tries = len(view.task_runs[task.id].attempts) if task.id in view.task_runs else 0
            begun.append(Begin(task.id, tries + 1))
    return tuple(begun)


def _collide(claims: Iterable[tuple[str, ...]], busy: Iterable[tuple[str, ...]]) -> bool:
    """Return whether two claims name the same file, or one names a parent folder of the other."""
    return any(own[: len(other)] == other[: len(own)] for own in claims for other in busy)


def _end_state(view: RunView) -> RunState:
    phases = {view.phase(task.id) for task in view.tasks}
    if phases <= {Phase.DONE}:
        return RunState.COMPLETED
    if view.want is RequestedState.CANCEL and Phase.CANCELLED in phases:
        return RunState.CANCELLED
    return RunState.PARTIAL if Phase.DONE in phases else RunState.FAILED
