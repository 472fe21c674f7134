"""Carries out a task's phases and steps one after the other, committing each result."""

from collections.abc import Awaitable, Callable

import anyio

from podium.entities.questions import all_questions
from podium.errors import GitKilled, InternalError, MachineRefuses, PodiumError
from podium.model.plans import Task
from podium.model.questions import stopped_by
from podium.model.rules.retries import may_repeat_uncounted
from podium.model.runs import ACTIVE_PHASES, CommandStepResult, GatesResult, TaskRun
from podium.model.states import Phase
from podium.platform.machine import Refusal, refusal_at, refusal_in
from podium.runs.context import RunContext
from podium.runs.phases.merge import merge
from podium.runs.phases.prepare import prepare
from podium.runs.records import RunRecords, new_result
from podium.runs.steps.table import carry_out
from podium.runs.transitions import fail_attempt, with_attempt

PhaseFunction = Callable[[RunContext, Task, TaskRun], Awaitable[TaskRun]]

PHASE_FUNCTIONS: dict[Phase, PhaseFunction] = {
    Phase.PREPARING: prepare,
    Phase.WORKING: carry_out,
    Phase.MERGING: merge,
}


async def advance(context: RunContext, records: RunRecords, task: Task) -> None:
    """Advance a task until it is no longer active, or is held by a question.

    Raises:
        PodiumError, OSError: the machine is out of a resource; the phase can be repeated.
        MachineRefuses: a resource ran out during an attempt; the attempt does not count.
    """
    record = records.record(task)
    while record.phase in ACTIVE_PHASES:
        after, refusal = await _run_phase(context, records, task, record)
        if after is record or not await records.commit(task, record, after):
            return
        record = after
        if refusal is not None:
            raise MachineRefuses(record.attempt.problem)
        if _is_held(context, task):
            return


async def _run_phase(
    context: RunContext, records: RunRecords, task: Task, record: TaskRun
) -> tuple[TaskRun, Refusal | None]:
    """Carry out a phase or step; a git or disk error fails the attempt, not the run.

    An attempt that fails while the machine is out of a resource, or because its worktree was
    deleted, does not count.

    Returns: The record, and the exhausted resource if it failed for that reason.

    Raises:
        PodiumError, OSError: the machine is out of a resource; gates that failed in the meantime
            run again.
    """
    try:
        after = await _carry_out(context, records, task, record)
    except InternalError:
        raise
    except (PodiumError, OSError) as error:
        if refusal_in(error) is not None:
            raise
        after = fail_attempt(record, str(error), "", context.clock.now())
        return _unless_vanished(context, task, record, after), None
    result = new_result(record, after)
    if after.phase is not Phase.RETRYING and (result is None or result.passed):
        return after, None
    refusal = await anyio.to_thread.run_sync(refusal_at, context.places)
    if refusal is not None and isinstance(result, GatesResult | CommandStepResult):
        raise MachineRefuses(refusal.sentence)
    if after.phase is not Phase.RETRYING:
        return after, None
    if refusal is not None:
        return with_attempt(after, counts=False, hopeless=False), refusal
    return _unless_vanished(context, task, record, after), None


def _unless_vanished(context: RunContext, task: Task, before: TaskRun, failed: TaskRun) -> TaskRun:
    """Return the failed record; a deleted worktree is not the agent's fault, and is recreated."""
    is_prepared = before.phase is not Phase.PREPARING
    if not is_prepared or context.has_worktree(task.id, before.attempt):
        return failed
    return with_attempt(
        failed,
        problem="the worktree was deleted",
        counts=not may_repeat_uncounted(failed),
        hopeless=False,
    )


async def _carry_out(
    context: RunContext, records: RunRecords, task: Task, record: TaskRun
) -> TaskRun:
    """Carry out a phase or step; retry once if its git process was killed.

    As after a crash, the retry starts from the stored record, which the first try may have
    extended.
    """
    try:
        return await PHASE_FUNCTIONS[record.phase](context, task, record)
    except GitKilled:
        return await PHASE_FUNCTIONS[record.phase](context, task, records.record(task))


def _is_held(context: RunContext, task: Task) -> bool:
    held = stopped_by(all_questions(context.store, context.run.id))
    return held.run or task.id in held.tasks
