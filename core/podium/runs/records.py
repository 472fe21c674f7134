"""Writes the documents of a run; every change is one transaction with its events.

A task that succeeds on the first attempt causes six fsyncs here: when it begins, is prepared,
called, checked, done and cleaned up. Its call causes two more, see `podium.agents.call_directory`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

import anyio

from podium.entities.access import Reader
from podium.entities.answers.permissions import withdraw_permissions
from podium.entities.ledger import RunLedger
from podium.entities.questions import all_questions, end_without_answer
from podium.entities.runs import load_run
from podium.errors import InternalError
from podium.model import layout
from podium.model.events import Event, EventKind
from podium.model.plans import Task
from podium.model.rules.budgets import local_day, newly_near
from podium.model.rules.retries import counted_attempts
from podium.model.rules.steps import title_at
from podium.model.runs import (
    END_PHASES,
    END_STATES,
    AgentCall,
    GatesResult,
    Run,
    StepResult,
    TaskRun,
)
from podium.model.states import RUN_MACHINE, Phase, RunState
from podium.runs.attempt_findings import collect_findings
from podium.runs.completion import (
    begin_task,
    close_gate_findings,
    finish_task,
    raise_attempt_findings,
)
from podium.runs.context import RunContext
from podium.runs.transitions import open_attempt, to_phase, with_attempt
from podium.store import Transaction


class RunRecords:
    """The documents of one run.

    Args:
        context: the run and the services it uses.
    """

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self.run = context.run

    def task(self, task_id: str) -> Task:
        """Return a task of the run.

        Raises:
            InternalError: the run has no such task.
        """
        try:
            return self._context.tasks[task_id]
        except KeyError as error:
            raise InternalError(f"Run {self.run.id} refers to an unknown task {task_id}") from error

    def record(self, task: Task, reader: Reader | None = None) -> TaskRun:
        """Return a task's record; a task that has not begun gets a new one in phase `waiting`."""
        found = (reader or self._context.store).get(layout.task_run(self.run.id, task.id))
        return found or TaskRun(task_id=task.id)

    def begin_attempt(self, task: Task) -> None:
        """Open the task's next attempt."""
        now = self._context.clock.now()

        def start_attempt(tx: Transaction) -> None:
            record = open_attempt(self.run, self.record(task, tx), now)
            begin_task(tx, self.run, task, now)
            counted = counted_attempts(record)
            self._put(tx, record, f"attempt {counted} of {self.run.settings.max_attempts}")

        self._context.store.transact(start_attempt)

    def end_task(self, task: Task, phase: Phase, reason: str) -> None:
        """End a task, unless it has ended or its commit may be on the integration branch."""
        now = self._context.clock.now()

        def end(tx: Transaction) -> None:
            record = self.record(task, tx)
            if record.phase in END_PHASES or self._is_landing(record):
                return
            record = to_phase(record, phase, reason)
            self._put(tx, record, reason)
            finish_task(tx, self.run, task, record, now)

        self._context.store.transact(end)

    async def commit(self, task: Task, before: TaskRun, after: TaskRun) -> bool:
        """Store the result of a phase or step.

        Returns:
            Whether it was stored; False if the task has ended in the meantime.
        """
        now = self._context.clock.now()
        result = new_result(before, after)
        is_refused = result is not None and not result.passed
        has_findings = after.phase in {Phase.DONE, Phase.RETRYING} or is_refused
        seen = await collect_findings(self._context, after.attempt) if has_findings else []

        def store_result(tx: Transaction) -> bool:
            current = self.record(task, tx)
            if (current.phase, len(current.attempts)) != (before.phase, len(before.attempts)):
                return False
            self._put(tx, after, after.reason)
            self._warn(tx, before, after)
            if after.phase in END_PHASES:
                finish_task(tx, self.run, task, after, now)
            if has_findings:
                raise_attempt_findings(tx, self.run, after, seen)
            elif isinstance(result, GatesResult):
                close_gate_findings(tx, self.run, after)
            return True

        return await anyio.to_thread.run_sync(partial(self._context.store.transact, store_result))

    def _warn(self, tx: Transaction, before: TaskRun, after: TaskRun) -> None:
        """Record an event for each limit that the new calls of a task brought near its end."""
        run, task_id = self.run, after.task_id
        if not run.budget.is_set or not after.attempts:
            return
        new = {each.key for each in after.attempt.calls} - {each.key for each in _calls(before)}
        if not new:
            return
        today = local_day(self._context.clock.now())
        ledger = RunLedger(tx, run, today)
        former = ledger.without(new).uses(task_id)
        for use in newly_near(former, ledger.uses(task_id), run.budget.warn_at):
            message = f"budget: {use.sentence(task_id, today)}"
            tx.record(Event(kind=EventKind.RUN_BUDGET, subject=run.id, message=message))

    def _is_landing(self, record: TaskRun) -> bool:
        return record.is_merging or self._context.known.is_merging(record.task_id)

    async def add_cancelled_calls(self, task: Task, calls: Sequence[AgentCall]) -> None:
        """Store the calls that ended together with a cancelled task, so that their use counts."""

        def add(tx: Transaction) -> None:
            record = self.record(task, tx)
            if record.phase is not Phase.CANCELLED:
                return
            known = {each.key for each in record.attempt.calls}
            new = [each for each in calls if each.key not in known]
            after = with_attempt(record, tries=(*record.attempt.tries, *new))
            tx.put(layout.task_run(self.run.id, task.id), after)
            self._warn(tx, record, after)

        await anyio.to_thread.run_sync(self._context.store.transact, add)

    async def mark_clean(self, task: Task, problem: str = "") -> None:
        """Record that a task was cleaned up, or why it could not be cleaned up.

        Args:
            task: the task.
            problem: why something is left over; empty if everything was removed.
        """

        def mark(tx: Transaction) -> None:
            record = self.record(task, tx)
            cleaned = record.model_copy(update={"cleaned": True, "left_over": problem})
            tx.put(layout.task_run(self.run.id, task.id), cleaned)

        await anyio.to_thread.run_sync(self._context.store.transact, mark)

    def set_state(
        self, state: RunState, own_calls: Mapping[str, tuple[float, ...]] | None = None
    ) -> None:
        """Change the state of the run.

        Args:
            state: the new state.
            own_calls: how long its calls took, if it ends.
        """
        now = self._context.clock.now()

        def change_state(tx: Transaction) -> Run:
            run = load_run(tx, self.run.id)
            if run.state is state:
                return run
            RUN_MACHINE.check(run.id, run.state, state)
            changed = run.model_copy(
                update={
                    "state": state,
                    "started_at": run.started_at or now,
                    "ended_at": now if RUN_MACHINE.is_end(state) else None,
                    "own_calls": dict(own_calls or {}),
                }
            )
            tx.put(layout.run(run.id), changed)
            if state in END_STATES:
                _end_questions(tx, run.id, now)
            tx.record(
                Event(
                    kind=EventKind.RUN_CHANGED,
                    subject=run.id,
                    message=str(state),
                    data={"state": state},
                )
            )
            return changed

        self.run = self._context.store.transact(change_state)

    def _put(self, tx: Transaction, record: TaskRun, message: str) -> None:
        tx.put(layout.task_run(self.run.id, record.task_id), record)
        if self.run.ask and record.phase is not Phase.WORKING:
            about = f"{self.run.id}/{record.task_id}"
            withdraw_permissions(tx, about, self._context.clock.now())
        at = record.attempt.at if record.attempts else ""
        tx.record(
            Event(
                kind=EventKind.PHASE_CHANGED,
                subject=f"{self.run.id}/{record.task_id}",
                message=message,
                data={
                    "phase": record.phase,
                    "attempt": len(record.attempts),
                    **({"step": at, "title": title_at(self._context.tree, at)} if at else {}),
                },
            )
        )


def _end_questions(tx: Transaction, run_id: str, now: datetime) -> None:
    """End the questions of a run that has ended; no answer would change anything."""
    for question in all_questions(tx, run_id):
        end_without_answer(tx, question, now)


def _calls(record: TaskRun) -> tuple[AgentCall, ...]:
    return record.attempt.calls if record.attempts else ()


def new_result(before: TaskRun, after: TaskRun) -> StepResult | None:
    """Return the result that a step added, or None."""
    if not after.attempts or after.attempt.results == before.attempt.results:
        return None
    return after.attempt.results[-1]
