"""Prepares an attempt: creates its worktree and its branch, and makes them ready."""

from pathlib import Path

from podium.model.plans import Task
from podium.model.rules.steps import PREPARE
from podium.model.runs import TaskRun
from podium.runs.context import RunContext, checkpoint_ref
from podium.runs.integration.checked_tip import checked_tip
from podium.runs.steps.gates import gates_result
from podium.runs.transitions import fail_step, next_step, with_attempt, with_result
from podium.runs.worktrees.ready import give_worktree, make_ready


async def prepare(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Prepare a worktree at the tip of the integration branch.

    After a crash, the incomplete worktree is reset or replaced. If the steps make no changes that
    git sees, the tip serves as the checkpoint.
    """
    base = await checked_tip(context)
    if base is None:
        return record
    given = await give_worktree(context, task, record, base)
    if given.is_new:
        context.known.learn_fresh(record.attempt.branch)
    record = with_attempt(record, base_commit=base, checkpoint=base)
    reports = await make_ready(context, given)
    for report in reports:
        if report.failure is not None:
            problem = f"the {report.step} command failed: {report.failure.summary}"
            failed = gates_result(PREPARE, base, (report.failure,))
            failed = failed.model_copy(update={"problem": problem})
            return fail_step(with_result(record, failed), failed, context.clock.now())
    if any(each.is_seen for each in reports):
        checkpoint = await _checkpoint(context, record, given.worktree.folder)
        record = with_attempt(record, checkpoint=checkpoint)
    return next_step(context.tree, record, context.clock.now())


async def _checkpoint(context: RunContext, record: TaskRun, folder: Path) -> str:
    """Save the steps' changes, and return their commit; the base if git sees no changes."""
    repository, base = context.repository, record.attempt.base_commit
    ref = checkpoint_ref(context.run, record)
    if (former := await repository.find_checkpoint(ref)) is not None:
        await repository.delete_checkpoints([former])
    message = f"before {record.task_id}, attempt {record.attempt.number}"
    saved = await repository.checkpoint(folder, ref, message)
    if await repository.changed_files(base, saved.commit):
        return saved.commit
    await repository.delete_checkpoints([saved])
    return base
