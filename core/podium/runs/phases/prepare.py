"""The prepare phase: creates a separate worktree and branch for an attempt."""

import anyio

from podium.gates.pipeline import check_command, feedback
from podium.model.agents import Outcome
from podium.model.plans import Task
from podium.model.runs import Attempt, TaskRun
from podium.model.states import Phase
from podium.runs.context import RunContext
from podium.runs.transitions import fail_attempt, to_phase, with_attempt, with_gates

_FIRST_PAUSE_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 300.0


async def prepare(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Create a worktree at the tip of the integration branch, set it up and checkpoint it.

    After a crash, the incomplete worktree is reset.
    """
    await _pause_after_rate_limit(record)
    attempt, repository = record.attempt, context.repository
    base = await context.tip(context.run.integration_branch)
    folder = context.worktree_folder(task.id, attempt)
    worktree = await repository.add_worktree(folder, attempt.branch, base)
    await repository.reset_worktree(worktree, base)
    record = with_attempt(record, base_commit=base)
    for command in context.run.setup:
        result = await check_command(command, folder)
        if not result.passed:
            record = with_gates(record, (result,))
            problem = f"the setup command {command.name} failed: {result.summary}"
            return fail_attempt(record, problem, feedback([result]), context.clock.now())
    ref = checkpoint_ref(context, task, attempt)
    if (former := await repository.find_checkpoint(ref)) is not None:
        await repository.delete_checkpoints([former])
    message = f"before {task.id}, attempt {attempt.number}"
    checkpoint = await repository.checkpoint(folder, ref, message)
    return to_phase(with_attempt(record, checkpoint=checkpoint.commit), Phase.EXECUTING)


def checkpoint_ref(context: RunContext, task: Task, attempt: Attempt) -> str:
    """Return the ref of the checkpoint taken before an attempt."""
    return f"refs/podium/{context.run.id}/{task.id}/{attempt.number}"


async def _pause_after_rate_limit(record: TaskRun) -> None:
    """Wait for the time that a rate-limited agent asked for, up to a limit."""
    former = record.attempts[-2].steps if len(record.attempts) > 1 else ()
    if former and former[-1].outcome is Outcome.RATE_LIMITED:
        asked = former[-1].retry_after_seconds
        doubled = _FIRST_PAUSE_SECONDS * 2 ** (len(record.attempts) - 2)
        await anyio.sleep(min(asked if asked is not None else doubled, _LONGEST_PAUSE_SECONDS))
