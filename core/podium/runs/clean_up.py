"""Removes the worktrees of a completed task; keeps the branches of failed attempts.

It is a separate step: a clean-up interrupted by a crash is repeated when the run continues, and an
error is recorded with the task instead of ending the runner.
"""

from podium.errors import GitKilled, PodiumError
from podium.model.plans import Task
from podium.platform.machine import refusal_in
from podium.runs.context import RunContext, is_attempt_branch
from podium.runs.finished_calls import note_ended_calls
from podium.runs.records import RunRecords


async def clean_up(context: RunContext, records: RunRecords, task: Task) -> None:
    """Remove all worktrees of the task, including those from earlier runs, and the merged branch.

    Raises:
        PodiumError, OSError: the machine is out of a resource; the clean-up can be repeated.
    """
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
    records.mark_clean(task, problem)
    await note_ended_calls(context, records.record(task))


async def _remove(context: RunContext, records: RunRecords, task: Task) -> None:
    repository = context.repository
    for worktree in repository.list_worktrees():
        if worktree.branch and is_attempt_branch(worktree.branch, context.run.plan_id, task.id):
            await repository.remove_worktree(worktree)
    done = records.record(task).attempt
    if done.commit:
        await repository.delete_branch(done.branch, expected_old=done.commit)
