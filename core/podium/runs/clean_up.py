"""Releases or removes the worktrees of a completed task, and ends the calls of a cancelled one.

Failed attempts keep their branches.

Clean-up is a separate step: if a crash interrupts it, it is repeated when the run continues, and an
error is recorded with the task instead of ending the runner. It is never urgent: tasks that are
about to call their agents go first.
"""

from podium.agents.call_costs import ended_call
from podium.errors import GitKilled, PodiumError
from podium.model.plans import Task
from podium.model.runs import AgentCall
from podium.model.states import Phase
from podium.platform.machine import refusal_in
from podium.ports.dispatcher import CallOutcome
from podium.runs.context import RunContext, is_attempt_branch, step_call_keys
from podium.runs.finished_calls import note_ended_task
from podium.runs.records import RunRecords
from podium.runs.worktrees.ready import release_worktree


async def clean_up(context: RunContext, records: RunRecords, task: Task) -> None:
    """Release all worktrees of the task, including those of earlier runs, and its merged branch.

    Raises:
        PodiumError, OSError: the machine is out of a resource; the clean-up can be repeated.
    """
    await context.preparations.wait_for_none()
    problem = ""
    try:
        try:
            await _remove(context, records, task)
        except GitKilled:
            await _remove(context, records, task)
    except (PodiumError, OSError) as error:
        if refusal_in(error) is not None:
            raise
        problem = str(error)
    await records.mark_clean(task, problem)
    await note_ended_task(context, records.record(task))


async def _remove(context: RunContext, records: RunRecords, task: Task) -> None:
    repository, plan_id = context.repository, context.run.plan_id
    own = repository.list_worktrees(lambda branch: is_attempt_branch(branch, plan_id, task.id))
    for worktree in own:
        attempts = records.record(task).attempts
        attempt = next((each for each in attempts if each.branch == worktree.branch), None)
        await release_worktree(context, worktree, attempt)
    done = records.record(task).attempt
    if done.commit:
        await repository.delete_branch(done.branch, expected_old=done.commit)


async def end_cancelled_calls(context: RunContext, records: RunRecords, task: Task) -> None:
    """End the calls of a cancelled task, and store what they used.

    The task's record is ended first, so that nothing restarts them; if the runner dies in between,
    this is repeated before the run ends.
    """
    record = records.record(task)
    if record.phase is not Phase.CANCELLED:
        return
    known = {each.key for each in record.attempt.calls} if record.attempts else set[str]()
    ended: list[AgentCall] = []
    for key in step_call_keys(context.run, record):
        if key not in known and (call := await _end(context, key, record.reason)) is not None:
            ended.append(call)
    if ended:
        await records.add_cancelled_calls(task, ended)


async def _end(context: RunContext, key: str, reason: str) -> AgentCall | None:
    """End a call; return None if it never started."""
    await context.dispatcher.cancel(key, reason or "the run was cancelled")
    request = await context.dispatcher.started(key)
    outcome = await context.dispatcher.wait_outcome(key) if request is not None else None
    if request is None or not isinstance(outcome, CallOutcome):
        return None
    return await ended_call(request, outcome, context.run.budget.billing)
