"""Prepares an attempt: creates its own worktree and branch."""

from pathlib import Path

from podium.gates.pipeline import check_command
from podium.model.plans import Task
from podium.model.rules.steps import PREPARE
from podium.model.runs import TaskRun
from podium.runs.context import RunContext, checkpoint_ref
from podium.runs.integration.checked_tip import checked_tip
from podium.runs.steps.gates import gates_result
from podium.runs.transitions import fail_step, next_step, with_attempt, with_result


async def prepare(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Create a worktree at the tip of the integration branch and set it up.

    After a crash, the incomplete worktree is reset. Without setup commands, the tip is the
    checkpoint.
    """
    attempt, repository = record.attempt, context.repository
    base = await checked_tip(context)
    if base is None:
        return record
    folder = context.worktree_folder(task.id, attempt)
    worktree = await repository.add_worktree(folder, attempt.branch, base)
    if worktree.is_new:
        context.known.learn_fresh(attempt.branch)
    else:
        await repository.reset_worktree(worktree, base)
    record = with_attempt(record, base_commit=base, checkpoint=base)
    for command in context.run.setup:
        result = await check_command(command, folder)
        if not result.passed:
            problem = f"the setup command {command.name} failed: {result.summary}"
            failed = gates_result(PREPARE, base, (result,))
            failed = failed.model_copy(update={"problem": problem})
            return fail_step(with_result(record, failed), failed, context.clock.now())
    if context.run.setup:
        record = with_attempt(record, checkpoint=await _checkpoint(context, record, folder))
    return next_step(context.tree, record, context.clock.now())


async def _checkpoint(context: RunContext, record: TaskRun, folder: Path) -> str:
    """Save the changes made by the setup commands, and return their commit."""
    repository = context.repository
    ref = checkpoint_ref(context.run, record)
    if (former := await repository.find_checkpoint(ref)) is not None:
        await repository.delete_checkpoints([former])
    message = f"before {record.task_id}, attempt {record.attempt.number}"
    return (await repository.checkpoint(folder, ref, message)).commit
