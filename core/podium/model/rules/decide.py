"""What to do next in a run: `decide(state) -> actions`, pure; must not know who carries it out.

The runner commits an action's effect on the state first, then carries the action out. After a
crash it asks again: a task found in an active phase gets the same `Continue` as before, so recovery
takes the normal road.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from podium.model.plans import Task
from podium.model.runs import ACTIVE_PHASES, END_PHASES, RequestedState, TaskRun
from podium.model.states import Phase, RunState

_DEAD = frozenset({Phase.FAILED, Phase.BLOCKED, Phase.CANCELLED})


@dataclass(frozen=True)
class RunView:
    """All that a decision depends on.

    Args:
        tasks: the run's tasks, in plan order.
        task_runs: by task id; a task without one is waiting.
        already_done: tasks outside of this run whose results are in its base.
        want: the person's wish.
        max_parallel: how many tasks may be active at once.
        max_attempts: how many tries a task has.
    """

    tasks: tuple[Task, ...]
    task_runs: Mapping[str, TaskRun]
    want: RequestedState
    max_parallel: int
    max_attempts: int
    already_done: frozenset[str] = frozenset()

    @cached_property
    def task_ids(self) -> frozenset[str]:
        """Return the ids of the run's tasks."""
        return frozenset(task.id for task in self.tasks)

    def phase(self, task_id: str) -> Phase:
        """Return where a task stands."""
        if task_id in self.already_done:
            return Phase.DONE
        run = self.task_runs.get(task_id)
        return run.phase if run else Phase.WAITING

    def is_unreachable(self, task_id: str) -> bool:
        """Tell whether a task's result will never come: it ended badly, or is not in this run."""
        phase = self.phase(task_id)
        return phase in _DEAD or (phase is not Phase.DONE and task_id not in self.task_ids)

    def why_unreachable(self, task_id: str) -> str:
        """Return the words for a requirement that will never be met: `t1 (failed)`."""
        inside = task_id in self.task_ids
        return f"{task_id} ({self.phase(task_id) if inside else 'not done and not in this run'})"


@dataclass(frozen=True)
class Begin:
    """Open the next attempt of a task: its phase becomes `preparing`."""

    task_id: str
    attempt: int


@dataclass(frozen=True)
class Continue:
    """Carry out the phase that a task is in, unless that is under way."""

    task_id: str
    phase: Phase


@dataclass(frozen=True)
class Fail:
    """No attempt is left: the task fails."""

    task_id: str
    reason: str


@dataclass(frozen=True)
class Block:
    """A requirement will never be met: the task is blocked."""

    task_id: str
    reason: str


@dataclass(frozen=True)
class Cancel:
    """The person cancelled: the task ends where it stands."""

    task_id: str


@dataclass(frozen=True)
class Pause:
    """Nothing is active and the person wants a pause: the runner ends, the run stays."""


@dataclass(frozen=True)
class Finish:
    """Every task has ended: so has the run."""

    state: RunState


Action = Begin | Continue | Fail | Block | Cancel | Pause | Finish


def decide(view: RunView) -> tuple[Action, ...]:
    """Return what to do now; empty means wait for what is under way.

    Never begins a task whose requirements are not done, never two at once that declare the same
    file, never more than `max_parallel`.
    """
    if view.want is RequestedState.CANCEL:
        return _cancel(view)
    settled: tuple[Action, ...] = (*_exhausted(view), *_blocks(view))
    if settled:
        return settled
    carried: tuple[Action, ...] = tuple(
        Continue(task.id, view.phase(task.id))
        for task in view.tasks
        if view.phase(task.id) in ACTIVE_PHASES
    )
    begun = () if view.want is RequestedState.PAUSE else _begins(view)
    if carried or begun:
        return (*carried, *begun)
    if all(view.phase(task.id) in END_PHASES for task in view.tasks):
        return (Finish(_end_state(view)),)
    return (Pause(),)


def _cancel(view: RunView) -> tuple[Action, ...]:
    open_tasks = [task for task in view.tasks if view.phase(task.id) not in END_PHASES]
    if open_tasks:
        return tuple(_end(view, task.id) for task in open_tasks)
    return (Finish(_end_state(view)),)


def _end(view: RunView, task_id: str) -> Cancel | Continue:
    """End a task where it stands; a merge under way is finished: its branch may have moved."""
    run = view.task_runs.get(task_id)
    return Continue(task_id, run.phase) if run and run.is_landing else Cancel(task_id)


def _exhausted(view: RunView) -> tuple[Fail, ...]:
    return tuple(
        Fail(run.task_id, run.attempt.problem)
        for run in view.task_runs.values()
        if run.phase is Phase.RETRYING
        and (run.attempt.hopeless or len(run.attempts) >= view.max_attempts)
    )


def _blocks(view: RunView) -> tuple[Block, ...]:
    rows: list[Block] = []
    for task in view.tasks:
        dead = [each for each in task.requires if view.is_unreachable(each)]
        if dead and view.phase(task.id) is Phase.WAITING:
            named = ", ".join(view.why_unreachable(each) for each in dead)
            rows.append(Block(task.id, f"requires {named}"))
    return tuple(rows)


def _begins(view: RunView) -> tuple[Begin, ...]:
    active = [task for task in view.tasks if view.phase(task.id) in ACTIVE_PHASES]
    busy = {claim for task in active for claim in task.files.claims}
    free = view.max_parallel - len(active)
    begun: list[Begin] = []
    for task in sorted(view.tasks, key=lambda each: each.priority.rank):
        if len(begun) >= free:
            break
        if _may_begin(view, task) and not _collide(task.files.claims, busy):
            busy |= task.files.claims
            tries = len(view.task_runs[task.id].attempts) if task.id in view.task_runs else 0
            begun.append(Begin(task.id, tries + 1))
    return tuple(begun)


def _collide(claims: Iterable[tuple[str, ...]], busy: Iterable[tuple[str, ...]]) -> bool:
    """Tell whether two name the same file, or one a folder that holds the other's."""
    return any(own[: len(other)] == other[: len(own)] for own in claims for other in busy)


def _may_begin(view: RunView, task: Task) -> bool:
    open_phase = view.phase(task.id) in {Phase.WAITING, Phase.RETRYING}
    return open_phase and all(view.phase(each) is Phase.DONE for each in task.requires)


def _end_state(view: RunView) -> RunState:
    phases = {view.phase(task.id) for task in view.tasks}
    if phases <= {Phase.DONE}:
        return RunState.COMPLETED
    if view.want is RequestedState.CANCEL and Phase.CANCELLED in phases:
        return RunState.CANCELLED
    return RunState.PARTIAL if Phase.DONE in phases else RunState.FAILED
