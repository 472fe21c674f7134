"""Drives one run: commits the actions that `decide` returns, and executes them.

All of its state is in the store. A runner that is killed at any moment and restarted finds every
task in its last committed phase and repeats it; phases and steps are idempotent. Crash recovery
uses the same code as a normal start.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import anyio
import anyio.to_thread
import structlog
from anyio.abc import TaskGroup

from podium.entities.kept.run_view import KeptRunView
from podium.entities.questions import end_without_answer
from podium.events.subscription import Filter, Subscription
from podium.model.events import EventKind
from podium.model.plans import Task
from podium.model.questions import Question
from podium.model.rules.call_limits import durations
from podium.model.rules.decide import (
    Action,
    Begin,
    Block,
    Cancel,
    CleanUp,
    Continue,
    Fail,
    Finish,
    Pause,
    decide,
)
from podium.model.runs import END_PHASES, END_STATES
from podium.model.states import Phase, RunState
from podium.platform.machine import POSSIBLE_REFUSALS, refusal_in
from podium.runs.advance import advance
from podium.runs.clean_up import clean_up, end_cancelled_calls
from podium.runs.context import RunContext
from podium.runs.finished_calls import pack_ended_tasks
from podium.runs.machine_hold import POLL_SECONDS, MachineHold
from podium.runs.question_timer import QuestionTimer
from podium.runs.records import RunRecords
from podium.runs.runner_lock import WATCH_SECONDS
from podium.store import Change, Cursor, Store, Transaction

_WAKING = frozenset(
    {
        *(EventKind.RUN_INTENT, EventKind.ADOPTED, EventKind.QUESTION_ENDED),
        # An agent may ask in the middle of a step, and the loop has to see the question's deadline.
        EventKind.QUESTION_ASKED,
    }
)
_DRIVEN = frozenset({RunState.PENDING, RunState.RUNNING})

_LISTEN_SECONDS = 0.1
"""How long a person's request may be delayed so that it is read together with other changes."""

TaskFunction = Callable[[RunContext, RunRecords, Task], Awaitable[None]]


@dataclass(frozen=True)
class _BatchedFeed:
    """The changes of a store, read several at a time: most are the runner's own."""

    store: Store

    def cursor(self) -> Cursor:
        """Return the position after the last change."""
        return self.store.cursor()

    def changes(self, cursor: Cursor) -> AsyncIterator[Change]:
        """Yield the changes after a position, forever."""
        return self.store.changes(cursor, pause=_LISTEN_SECONDS)


class Runner:
    """Drives one run until it ends or is paused.

    Args:
        context: the run and the services it uses.
        poll_seconds: how often to check whether a machine that is out of a resource has
            recovered.
    """

    def __init__(self, context: RunContext, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._context = context
        self._records = RunRecords(context)
        self._kept = KeptRunView(context.store, context.run)
        self._active: dict[str, anyio.CancelScope] = {}
        self._wake = anyio.Event()
        self._hold = MachineHold(context, lambda: self._wake.set(), poll_seconds=poll_seconds)
        self._timer = QuestionTimer(context.clock)
        self._log = structlog.get_logger().bind(run=context.run.id)

    async def drive(self) -> RunState:
        """Drive the run until it has ended or is paused, and return its state.

        Raises:
            RunnerReplaced: the lock file was deleted or replaced; running agents continue.
        """
        async with anyio.create_task_group() as group:
            group.start_soon(self._listen)
            group.start_soon(self._watch_lock)
            group.start_soon(self._hold.watch)
            is_new = True
            while is_new or self._records.run.state in _DRIVEN:
                self._wake = anyio.Event()
                changed = await self._turn(group, resume=is_new)
                is_new = is_new and self._hold.is_active
                if not changed:
                    await self._rest()
            group.cancel_scope.cancel()
        if self._records.run.state in END_STATES:
            await pack_ended_tasks(self._context)
        return self._records.run.state

    async def _turn(self, group: TaskGroup, *, resume: bool) -> bool:
        """Execute the due actions; return whether the state changed, so that more may be due.

        Args:
            group: the task group in which tasks are carried out.
            resume: whether the run is being started or resumed.
        """
        self._context.check_lock()
        if self._hold.is_active:
            return False
        try:
            if resume:
                self._records.set_state(RunState.RUNNING)
            self._end_due_questions()
            changed = False
            for action in decide(self._kept.view()):
                changed = await self._do(action, group) or changed
        except POSSIBLE_REFUSALS as error:
            self._hold_or_raise(error)
            return False
        return changed

    def _hold_or_raise(self, error: Exception) -> None:
        """Hold the run if the machine is out of a resource, which is not the run's fault.

        Raises:
            Exception: the error, if it has another cause.
        """
        refusal = refusal_in(error)
        if refusal is None:
            raise error
        self._log.warning("machine.refuses", why=refusal.text, place=refusal.place)
        self._hold.begin(refusal)

    async def _rest(self) -> None:
        """Wait until something happens or a question's deadline passes."""
        questions: list[Question] = []
        try:
            # While the machine is out of a resource, the end of a question cannot be stored.
            if not self._hold.is_active:
                questions = self._kept.questions()
        except POSSIBLE_REFUSALS as error:
            self._hold_or_raise(error)
        while not self._wake.is_set() and not self._timer.due(questions):
            with anyio.move_on_after(self._timer.pause(questions)):
                await self._wake.wait()

    def _end_due_questions(self) -> None:
        now = self._context.clock.now()
        due = self._timer.due(self._kept.questions())
        if not due:
            return

        def end_all(tx: Transaction) -> None:
            for question in due:
                end_without_answer(tx, question, now)

        self._context.store.transact(end_all)

    async def _do(self, action: Action, group: TaskGroup) -> bool:
        """Carry out an action; return whether the state changed."""
        records = self._records
        match action:
            case Begin(task_id):
                # Other tasks go on while the disk is slow or another thread holds the write lock.
                await anyio.to_thread.run_sync(records.begin_attempt, records.task(task_id))
            case Continue(task_id):
                self._continue(task_id, group)
                return False
            case CleanUp(task_id):
                self._start(clean_up, task_id, group)
                return False
            case Fail(task_id, reason):
                records.end_task(records.task(task_id), Phase.FAILED, reason)
            case Block(task_id, reason):
                records.end_task(records.task(task_id), Phase.BLOCKED, reason)
            case Cancel(task_id, reason):
                return await self._cancel_task(records.task(task_id), reason)
            case Pause():
                records.set_state(RunState.PAUSED)
            case Finish(state):
                await self._end_cancelled_calls()
                records.set_state(state, durations(self._kept.view().task_runs.values()))
        return True

    async def _end_cancelled_calls(self) -> None:
        """End the calls that a runner left behind when it died while it cancelled their tasks."""
        for task_id, record in self._kept.view().task_runs.items():
            if record.phase is Phase.CANCELLED:
                task = self._records.task(task_id)
                await end_cancelled_calls(self._context, self._records, task)

    def _continue(self, task_id: str, group: TaskGroup) -> None:
        if task_id in self._active:
            return
        if self._records.record(self._records.task(task_id)).phase is Phase.PREPARING:
            self._context.preparations.begin(task_id)
        self._start(advance, task_id, group)

    def _start(self, function: TaskFunction, task_id: str, group: TaskGroup) -> None:
        """Work on a task in the background, unless that is in progress."""
        if task_id not in self._active:
            self._active[task_id] = scope = anyio.CancelScope()
            group.start_soon(self._work_on, function, self._records.task(task_id), scope)

    async def _work_on(self, function: TaskFunction, task: Task, scope: anyio.CancelScope) -> None:
        try:
            with scope:
                await function(self._context, self._records, task)
        except POSSIBLE_REFUSALS as error:
            self._hold_or_raise(error)
        finally:
            self._active.pop(task.id, None)
            self._context.preparations.end(task.id)
            self._wake.set()

    async def _listen(self) -> None:
        """Wake the loop when a person requests another state or answers a question."""
        feed = _BatchedFeed(self._context.store)
        async for delivery in Subscription(feed, wanted=Filter(kinds=_WAKING)):
            if any(each.kind == EventKind.QUESTION_ENDED for each in delivery.change.events):
                self._hold.check_now()
            self._wake.set()

    async def _watch_lock(self) -> None:
        """Exit soon after another runner could have started, even while agents are working."""
        while True:
            self._context.check_lock()
            await anyio.sleep(WATCH_SECONDS)

    async def _cancel_task(self, task: Task, reason: str) -> bool:
        """Cancel a task: end its record first, so that nothing restarts it.

        Returns:
            False if its result is being merged; the runner is woken when that is done.
        """
        before = self._records.record(task)
        if before.phase not in END_PHASES and self._context.known.is_merging(task.id):
            return False
        if before.phase in END_PHASES or before.is_merging:
            # The task advanced while another one was being cancelled; `decide` will see it.
            return True
        self._records.end_task(task, Phase.CANCELLED, reason)
        await end_cancelled_calls(self._context, self._records, task)
        if scope := self._active.get(task.id):
            scope.cancel()
        return True
