"""Releases or removes the worktrees of a completed task; failed attempts keep their branches.

Clean-up is a separate step: if a crash interrupts it, it is repeated when the run continues, and an
error is recorded with the task instead of ending the runner. It is never urgent: tasks that are
about to call their agents go first.
"""

from podium.errors import GitKilled, PodiumError
from podium.model.plans import Task
from podium.platform.machine import refusal_in
from podium.runs.context import RunContext, is_attempt_branch
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
