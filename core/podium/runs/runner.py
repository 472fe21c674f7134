"""Drives one run: commits the actions that `decide` returns, and executes them.

All of its state is in the store. A runner that is killed at any moment and restarted finds every
task in its last committed phase and repeats that phase; phases are idempotent. Crash recovery uses
the same code as a normal start.
"""

from collections.abc import Awaitable, Callable
from functools import partial

import anyio
from anyio.abc import TaskGroup

from podium.entities.access import Reader
from podium.entities.runs import load_run, run_view
from podium.errors import InternalError, PodiumError
from podium.events.subscription import Filter, Subscription
from podium.model import layout
from podium.model.events import Event, EventKind
from podium.model.plans import Task
from podium.model.rules.decide import (
    Action,
    Begin,
    Block,
    Cancel,
    Continue,
    Fail,
    Finish,
    Pause,
    decide,
)
from podium.model.runs import ACTIVE_PHASES, END_PHASES, Run, TaskRun
from podium.model.states import RUN_MACHINE, Phase, RunState
from podium.runs.attempt_findings import collect_findings
from podium.runs.completion import (
    begin_task,
    close_gate_findings,
    finish_task,
    raise_attempt_findings,
)
from podium.runs.context import RunContext, call_key
from podium.runs.phases.check import check
from podium.runs.phases.execute import execute
from podium.runs.phases.merge import merge
from podium.runs.phases.prepare import prepare
from podium.runs.phases.repair import repair
from podium.runs.phases.review import next_review, review
from podium.runs.transitions import fail_attempt, open_attempt, to_phase
from podium.store import Transaction

PhaseFunction = Callable[[RunContext, Task, TaskRun], Awaitable[TaskRun]]

PHASE_FUNCTIONS: dict[Phase, PhaseFunction] = {
    Phase.PREPARING: prepare,
    Phase.EXECUTING: execute,
    Phase.CHECKING: check,
    Phase.REPAIRING: repair,
    Phase.REVIEWING: review,
    Phase.MERGING: merge,
}


class Runner:
    """Drives one run until it ends or is paused.

    Args:
        context: the run and the services it uses.
    """

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._run = context.run
        self._active: dict[str, anyio.CancelScope] = {}
        self._wake = anyio.Event()

    async def drive(self) -> RunState:
        """Drive the run until it has ended or is paused, and return its state."""
        self._set_state(RunState.RUNNING)
        async with anyio.create_task_group() as group:
            group.start_soon(self._listen)
            while self._run.state is RunState.RUNNING:
                self._wake = anyio.Event()
                actions = decide(run_view(self._context.store, self._run))
                for action in actions:
                    await self._do(action, group)
                if self._nothing_changed(actions):
                    await self._wake.wait()
            group.cancel_scope.cancel()
        return self._run.state

    async def _do(self, action: Action, group: TaskGroup) -> None:
        match action:
            case Begin(task_id):
                self._begin(self._task(task_id))
            case Continue(task_id):
                if task_id not in self._active:
                    self._active[task_id] = scope = anyio.CancelScope()
                    group.start_soon(self._advance, self._task(task_id), scope)
            case Fail(task_id, reason):
                self._end_task(self._task(task_id), Phase.FAILED, reason)
            case Block(task_id, reason):
                self._end_task(self._task(task_id), Phase.BLOCKED, reason)
            case Cancel(task_id):
                await self._cancel_task(self._task(task_id))
            case Pause():
                self._set_state(RunState.PAUSED)
            case Finish(state):
                self._set_state(state)

    def _nothing_changed(self, actions: tuple[Action, ...]) -> bool:
        """Return whether no action changed the state, so that there is nothing new to decide."""
        return all(isinstance(action, Continue) for action in actions)

    async def _listen(self) -> None:
        """Wake the loop when a person requests another state."""
        wanted = Filter(kinds=frozenset({EventKind.RUN_INTENT, EventKind.ADOPTED}))
        async for _ in Subscription(self._context.store, wanted=wanted):
            self._wake.set()

    async def _advance(self, task: Task, scope: anyio.CancelScope) -> None:
        """Run a task's active phases one after the other, committing each result."""
        try:
            with scope:
                record = self._record(task)
                while record.phase in ACTIVE_PHASES:
                    after = await self._run_phase(task, record)
                    if not await self._commit(task, record, after):
                        break
                    record = after
                if record.phase is Phase.DONE:
                    await self._clean_up(task, record)
        finally:
            self._active.pop(task.id, None)
            self._wake.set()

    async def _run_phase(self, task: Task, record: TaskRun) -> TaskRun:
        """Run one phase; an error of git or the disk fails the attempt, not the run."""
        try:
            return await PHASE_FUNCTIONS[record.phase](self._context, task, record)
        except InternalError:
            raise
        except (PodiumError, OSError) as error:
            return fail_attempt(record, str(error), "", self._context.clock.now())

    def _begin(self, task: Task) -> None:
        now = self._context.clock.now()

        def start_attempt(tx: Transaction) -> None:
            record = open_attempt(self._run, self._record(task, tx), now)
            begin_task(tx, self._run, task, now)
            self._put(
                tx, record, f"attempt {record.attempt.number} of {self._run.settings.max_attempts}"
            )

        self._context.store.transact(start_attempt)

    def _end_task(self, task: Task, phase: Phase, reason: str) -> None:
        now = self._context.clock.now()

        def end_task(tx: Transaction) -> None:
            record = self._record(task, tx)
            if record.phase in END_PHASES or record.is_landing:
                return
            record = to_phase(record, phase, reason)
            self._put(tx, record, reason)
            finish_task(tx, self._run, task, record, now)

        self._context.store.transact(end_task)

    async def _cancel_task(self, task: Task) -> None:
        """Cancel a task: end its record first, so that nothing restarts it."""
        before = self._record(task)
        if before.phase in END_PHASES or before.is_landing:
            # The task advanced while another one was being cancelled; `decide` will see it.
            return
        self._end_task(task, Phase.CANCELLED, "cancelled")
        if (key := _active_call_key(self._run, before)) is not None:
            await self._context.dispatcher.cancel(key, "the run was cancelled")
        if scope := self._active.get(task.id):
            scope.cancel()

    async def _commit(self, task: Task, before: TaskRun, after: TaskRun) -> bool:
        """Commit a phase's result, unless the task has ended in the meantime."""
        now = self._context.clock.now()
        has_findings = after.phase in {Phase.DONE, Phase.REPAIRING, Phase.RETRYING}
        seen = await collect_findings(self._context, after.attempt) if has_findings else []

        def store_result(tx: Transaction) -> bool:
            if self._record(task, tx).phase is not before.phase:
                return False
            self._put(tx, after, after.reason)
            if after.phase in END_PHASES:
                finish_task(tx, self._run, task, after, now)
            if has_findings:
                raise_attempt_findings(tx, self._run, after, seen)
            elif before.phase is Phase.CHECKING:
                close_gate_findings(tx, self._run, after)
            return True

        return await anyio.to_thread.run_sync(partial(self._context.store.transact, store_result))

    def _put(self, tx: Transaction, record: TaskRun, message: str) -> None:
        tx.put(layout.task_run(self._run.id, record.task_id), record)
        tx.record(
            Event(
                kind=EventKind.PHASE_CHANGED,
                subject=f"{self._run.id}/{record.task_id}",
                message=message,
                data={"phase": record.phase, "attempt": len(record.attempts)},
            )
        )

    def _set_state(self, state: RunState) -> None:
        now = self._context.clock.now()

        def change_state(tx: Transaction) -> Run:
            run = load_run(tx, self._run.id)
            if run.state is state:
                return run
            RUN_MACHINE.check(run.id, run.state, state)
            changed = run.model_copy(
                update={
                    "state": state,
                    "started_at": run.started_at or now,
                    "ended_at": now if RUN_MACHINE.is_end(state) else None,
                }
            )
            tx.put(layout.run(run.id), changed)
            tx.record(
                Event(
                    kind=EventKind.RUN_CHANGED,
                    subject=run.id,
                    message=str(state),
                    data={"state": state},
                )
            )
            return changed

        self._run = self._context.store.transact(change_state)

    def _task(self, task_id: str) -> Task:
        try:
            return self._context.plan.task(task_id)
        except KeyError as error:
            raise InternalError(
                f"Run {self._run.id} refers to an unknown task {task_id}"
            ) from error

    def _record(self, task: Task, reader: Reader | None = None) -> TaskRun:
        found = (reader or self._context.store).get(layout.task_run(self._run.id, task.id))
        return found or TaskRun(task_id=task.id)

    async def _clean_up(self, task: Task, record: TaskRun) -> None:
        """Remove the worktrees of a completed task; the branches of failed attempts stay."""
        repository = self._context.repository
        folders = {self._context.worktree_folder(task.id, each) for each in record.attempts}
        for worktree in repository.list_worktrees():
            if worktree.folder in folders:
                await repository.remove_worktree(worktree)
        done = record.attempt
        if done.commit:
            await repository.delete_branch(done.branch, expected_old=done.commit)


def _active_call_key(run: Run, record: TaskRun) -> str | None:
    """Return the key of the agent call that a task waits for, or None."""
    match record.phase:
        case Phase.EXECUTING:
            return call_key(run, record.task_id, record.attempt, "execute")
        case Phase.REPAIRING:
            step = f"recover-{record.attempt.recoveries + 1}"
            return call_key(run, record.task_id, record.attempt, step)
        case Phase.REVIEWING:
            step = f"audit-{next_review(record)}"
            return call_key(run, record.task_id, record.attempt, step)
        case _:
            return None
