"""Makes the worktree of an attempt ready, and releases it after the task."""

import hashlib
from dataclasses import dataclass, replace

import anyio
import structlog

from podium.errors import PodiumError
from podium.model import layout
from podium.model.plans import Task
from podium.model.runs import END_PHASES, END_STATES, Attempt, Run, TaskRun
from podium.runs.commit_messages import unfinished_message
from podium.runs.context import RunContext, parse_attempt_branch, setup_files_of
from podium.runs.worktrees.steps import (
    STEPS,
    Preparation,
    PreparationStep,
    StepReport,
    setup_key,
    tear_down,
)
from podium.workspace import prepared_files
from podium.workspace.values import PreparedFiles, Worktree
from podium.workspace.warm.own_places import give_places
from podium.workspace.warm.pool import Taken, WorktreePool


@dataclass(frozen=True)
class Given:
    """The worktree of an attempt.

    Args:
        worktree: at exactly the requested commit.
        is_new: whether its branch has no commits yet.
        taken: the pool's record of it; None if it is not from the pool.
    """

    worktree: Worktree
    is_new: bool
    taken: Taken | None = None


async def give_worktree(context: RunContext, task: Task, record: TaskRun, base: str) -> Given:
    """Return the worktree of the latest attempt, at `base`."""
    attempt, repository = record.attempt, context.repository
    pool = context.pool
    if pool is not None:
        await _release_ended(context, pool, task, record)
        taken = await pool.take(attempt.branch, base)
        return Given(taken.worktree, True, taken)
    folder = context.worktree_folder(task.id, attempt)
    worktree = await repository.add_worktree(folder, attempt.branch, base)
    if not worktree.is_new:
        await repository.reset_worktree(worktree, base)
    return Given(worktree, worktree.is_new)


async def make_ready(context: RunContext, given: Given) -> tuple[StepReport, ...]:
    """Carry out the steps that the worktree needs, and return their reports.

    In a reused worktree, they are not repeated if everything that they depend on and everything
    that they made is unchanged.
    """
    give_places(given.worktree)
    place = _preparation(context, given.worktree)
    keys = {step: await step.key(place) for step in STEPS}
    taken, due = given.taken, [step for step, key in keys.items() if key]
    if taken is None:
        return await _carry_out(place, due)
    setup = await setup_key(place)
    steps = hashlib.sha256(repr([key for key in keys.values() if key]).encode()).hexdigest()
    former = taken.former
    keeps = taken.keeps and former is not None and former.setup == setup
    is_same = former is not None and former.steps == steps and taken.is_intact
    if is_same and keeps and all(each.lock_files for each in place.setup):
        await context.kept_pool.save_ready(taken, setup=setup, steps=steps)
        return tuple(StepReport(step.name, "as before", is_seen=True) for step in due)
    if former is not None and (former.made or not keeps):
        taken = await context.kept_pool.remove_made(taken, keep=keeps)
    reports = await _carry_out(place, due)
    if all(each.failure is None for each in reports):
        taken = replace(taken, former=None)
        await context.kept_pool.save_ready(taken, setup=setup, steps=steps, changed=bool(due))
    return reports


async def release_worktree(
    context: RunContext, worktree: Worktree, attempt: Attempt | None
) -> None:
    """Release a worktree to the pool, or remove it; it may already have been released.

    If the attempt failed, its uncommitted work is committed on its branch.

    Args:
        context: the run.
        worktree: the worktree of an attempt.
        attempt: the attempt, if its record is available.
    """
    async with context.releasing.setdefault(worktree.folder, anyio.Lock()):
        if not context.repository.has_worktree(worktree.folder, worktree.branch or ""):
            return
        context.seen.note_end(worktree)
        is_pooled = worktree.folder.parent == context.kept_pool.home
        if is_pooled and attempt is not None and not attempt.merged_commit:
            await _commit_unfinished(context, worktree, attempt)
        await _release(context, worktree, setup_files_of(attempt) if attempt else None)


async def _release(
    context: RunContext, worktree: Worktree, setup_files: PreparedFiles | None
) -> None:
    place = _preparation(context, worktree)
    failed = [each for each in await tear_down(place) if each.failure is not None]
    for each in failed:
        structlog.get_logger().warning("worktree.teardown", step=each.step, why=each.found)
    pool = context.pool
    if worktree.folder.parent != context.kept_pool.home:
        if setup_files is not None:
            await prepared_files.forget(worktree, setup_files)
        await context.repository.remove_worktree(worktree)
    elif pool is None or failed:
        await context.kept_pool.discard(worktree)
    else:
        await pool.release(worktree, setup=await setup_key(place), setup_files=setup_files)


async def _carry_out(place: Preparation, due: list[PreparationStep]) -> tuple[StepReport, ...]:
    reports: list[StepReport] = []
    for step in due:
        reports += await step.carry_out(place)
        if any(each.failure is not None for each in reports):
            break
    for each in reports:
        if each.warning:
            structlog.get_logger().warning("worktree.step", step=each.step, why=each.warning)
    return tuple(reports)


async def _release_ended(
    context: RunContext, pool: WorktreePool, task: Task, record: TaskRun
) -> None:
    """Release the worktrees of attempts that ended without success.

    This task's worktrees are released at once; those of other tasks only if the pool is full.
    """
    is_full = len(pool.worktrees()) >= pool.most and not pool.free()
    for worktree in pool.worktrees():
        named = parse_attempt_branch(worktree.branch or "")
        if named is None or worktree.branch == record.attempt.branch:
            continue
        ended = _ended_attempt(context, *named)
        is_own = named[:2] == (task.id, context.run.id)
        if ended is not None and (is_own or is_full):
            await release_worktree(context, worktree, ended)


def _ended_attempt(context: RunContext, task_id: str, run_id: str, number: int) -> Attempt | None:
    """Return an attempt that has ended for good, or None."""
    run: Run | None = context.store.get(layout.run(run_id))
    record = context.store.get(layout.task_run(run_id, task_id))
    if run is None or record is None or number > len(record.attempts):
        return None
    is_latest = number == len(record.attempts)
    has_ended = run.state in END_STATES or record.phase in END_PHASES or not is_latest
    return record.attempts[number - 1] if has_ended else None


async def _commit_unfinished(context: RunContext, worktree: Worktree, attempt: Attempt) -> None:
    """Commit an attempt's uncommitted work on its branch, if that is possible."""
    message = unfinished_message(worktree.branch or "", attempt)
    try:
        await context.repository.commit_all(worktree, message, setup_files=setup_files_of(attempt))
    except PodiumError as error:
        # It is saved under `refs/podium/rescued/` when the worktree is released.
        structlog.get_logger().warning("worktree.uncommitted", why=str(error))


def _preparation(context: RunContext, worktree: Worktree) -> Preparation:
    run = context.run
    context.check_sandbox()
    return Preparation(context.repository, worktree, run.worktree, run.setup, run.sandbox)
