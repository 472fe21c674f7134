"""Merges an attempt into the plan's integration branch after its gates passed.

Results are merged one at a time. When the branch has advanced since the attempt began, the gates
run again on the merged tree before the branch is updated.
"""

from collections.abc import Callable
from dataclasses import replace

import anyio.to_thread

from podium.errors import WriteConflict
from podium.gates.pipeline import needs_folder
from podium.model import layout
from podium.model.doubts import DoubtJudge
from podium.model.plans import Task
from podium.model.rules.steps import MERGE
from podium.model.runs import Attempt, TaskRun
from podium.model.states import Phase
from podium.runs.commit_messages import task_message
from podium.runs.context import RunContext, checkpoint_ref, setup_files_of
from podium.runs.integration.branch import results_ref
from podium.runs.integration.checked_tip import checked_tip
from podium.runs.steps.doubts import ask_person
from podium.runs.steps.gates import gates_result, is_doubtful, run_gates_cleanly
from podium.runs.steps.known_answers import known_answers
from podium.runs.transitions import (
    fail_attempt,
    fail_step,
    to_phase,
    with_attempt,
    with_result,
)
from podium.store import Transaction
from podium.workspace.values import Conflicts


async def merge(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Merge, and return the record: done, or a failed attempt with the reason.

    If the record is returned unchanged, the task waits for an answer because a person moved the
    branch.

    After a crash, a merge that was already committed is recognised by its commit.
    """
    async with context.merging:
        if _is_merged_commit(context, record.attempt):
            # The attempt already names this commit, so nothing has to be recorded first.
            context.known.begin_merge(task.id)
            try:
                merged = with_attempt(record, merged_commit=record.attempt.commit)
                return await _move_branch(context, merged, record.attempt.base_commit)
            except WriteConflict:
                # A person moved the branch.
                context.known.give_up_merge(task.id)
        return await _merge_into_tip(context, task, record)


def _is_merged_commit(context: RunContext, attempt: Attempt) -> bool:
    """Return whether a merge into the unmoved branch would produce exactly the attempt's commit."""
    recorded = context.recorded.current()
    is_whole = context.known.is_whole(attempt.base_commit, recorded.values())
    return is_whole and not attempt.merged_commit and context.known.is_result(attempt.commit)


async def _move_branch(context: RunContext, record: TaskRun, tip: str) -> TaskRun:
    """Move the branch from `tip` to the merged commit and return the record: done.

    Raises:
        WriteConflict: the branch is not at `tip`.
    """
    commit = record.attempt.merged_commit
    await context.repository.update_branch(
        context.run.integration_branch,
        commit,
        expected_old=tip,
        keep=results_ref(context.run.plan_id),
        start="" if setup_files_of(record.attempt) else checkpoint_ref(context.run, record),
    )
    context.known.learn_advanced(tip, commit)
    return _done(context, record)


async def _merge_into_tip(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    attempt, repository = record.attempt, context.repository
    tip = await checked_tip(context)
    if tip is None:
        return record
    for each in (attempt.merged_commit, attempt.commit):
        may_be_merged = each and each != attempt.base_commit and context.known.may_have(tip, each)
        if may_be_merged and await repository.is_ancestor(each, tip):
            return _done(context, with_attempt(record, merged_commit=each))
    if attempt.commit == attempt.base_commit:
        return _done(context, with_attempt(record, merged_commit=tip))
    merged = await repository.merge(tip, attempt.commit)
    if isinstance(merged, Conflicts):
        return _conflicting(context, record, merged)
    message = task_message(context.run, task, attempt)
    unmerged = record
    commit = await repository.commit_tree(merged.tree, [tip], message)
    record = with_attempt(record, merged_commit=commit)
    if tip != attempt.base_commit:
        checked = await _run_gates_on_merge(context, task, record, tip)
        if checked is None or checked.phase is not Phase.MERGING:
            return unmerged if checked is None else checked
        record = checked
    await anyio.to_thread.run_sync(context.store.transact, _saving(context, record))
    return await _move_branch(context, record, tip)


async def _run_gates_on_merge(
    context: RunContext, task: Task, record: TaskRun, tip: str
) -> TaskRun | None:
    """Run the gates on the merged tree; it is checked out only for gates that look at a folder.

    Returns:
        The record with the result, or None while a person is asked about new doubts.
    """
    folder = context.worktree_folder(task.id, record.attempt)
    commit = record.attempt.merged_commit
    made = setup_files_of(record.attempt)
    change = await context.repository.change_of(commit)
    if needs_folder(change.files, task, context.run.gates):
        worktree = context.repository.open_worktree(folder)
        await context.repository.checkout_detached(worktree, commit, made)
    tree = await context.changed_tree(folder, tip, change)
    tree = replace(tree, answers=known_answers(context, record))
    results = await run_gates_cleanly(context, tree, task, "merged", made)
    result = gates_result(MERGE, commit, results)
    doubts = tuple(each for gate in results for each in gate.doubts if is_doubtful(gate))
    is_asked = doubts and context.run.settings.doubts is DoubtJudge.PERSON
    if is_asked and not await anyio.to_thread.run_sync(ask_person, context, record, doubts):
        return None
    record = with_result(record, result)
    return record if result.passed else fail_step(record, result, context.clock.now())


def _saving(context: RunContext, record: TaskRun) -> Callable[[Transaction], None]:
    key = layout.task_run(context.run.id, record.task_id)
    return lambda tx: tx.put(key, record)


def _done(context: RunContext, record: TaskRun) -> TaskRun:
    return to_phase(with_attempt(record, ended_at=context.clock.now()), Phase.DONE)


def _conflicting(context: RunContext, record: TaskRun, conflicts: Conflicts) -> TaskRun:
    files = ", ".join(conflicts.files[:10])
    advice = (
        "Another task changed the same lines and was merged first. Start again from the merged "
        f"result. The files in conflict were: {files}"
    )
    return fail_attempt(record, f"merge conflict in {files}", advice, context.clock.now())
