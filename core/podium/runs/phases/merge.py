"""Merges an attempt into the plan's integration branch after its gates passed.

Results are merged one at a time. When the branch has advanced since the attempt began, the gates
run again on the merged tree before the branch is updated.
"""

from podium.gates.pipeline import run_gates
from podium.model import layout
from podium.model.documents import Key
from podium.model.plans import Task
from podium.model.rules.steps import MERGE
from podium.model.runs import TaskRun
from podium.model.states import Phase
from podium.runs.commit_messages import task_message
from podium.runs.context import RunContext
from podium.runs.integration.branch import results_ref
from podium.runs.integration.checked_tip import checked_tip
from podium.runs.steps.gates import gates_result
from podium.runs.transitions import (
    fail_attempt,
    fail_step,
    to_phase,
    with_attempt,
    with_result,
)
from podium.workspace.values import Conflicts


async def merge(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Merge and return the record: done, or a failed attempt with the reason.

    A record that is returned unchanged waits for a person who moved the branch.

    After a crash, a merge that was already committed is recognised by its commit.
    """
    async with context.merging:
        attempt, repository = record.attempt, context.repository
        tip = await checked_tip(context)
        if tip is None:
            return record
        if attempt.merged_commit and await repository.is_ancestor(attempt.merged_commit, tip):
            return _done(context, record)
        if attempt.commit == attempt.base_commit:
            return _done(context, with_attempt(record, merged_commit=tip))
        merged = await repository.merge(tip, attempt.commit)
        if isinstance(merged, Conflicts):
            return _conflicting(context, record, merged)
        message = task_message(context.run, task, attempt)
        commit = await repository.commit_tree(merged.tree, [tip], message)
        record = with_attempt(record, merged_commit=commit)
        if tip != attempt.base_commit:
            record = await _run_gates_on_merge(context, task, record, tip)
            if record.phase is not Phase.MERGING:
                return record
        context.store.transact(lambda tx: tx.put(_key(context, record), record))
        await repository.update_branch(
            context.run.integration_branch,
            commit,
            expected_old=tip,
            keep=results_ref(context.run.plan_id),
        )
        return _done(context, record)


async def _run_gates_on_merge(
    context: RunContext, task: Task, record: TaskRun, tip: str
) -> TaskRun:
    folder = context.worktree_folder(task.id, record.attempt)
    commit = record.attempt.merged_commit
    worktree = context.repository.open_worktree(folder)
    await context.repository.checkout_detached(worktree, commit)
    tree = await context.changed_tree(folder, tip, commit)
    results = await run_gates(tree, task, context.run.gates, "merged")
    result = gates_result(MERGE, commit, results)
    record = with_result(record, result)
    return record if result.passed else fail_step(record, result, context.clock.now())


def _key(context: RunContext, record: TaskRun) -> Key[TaskRun]:
    return layout.task_run(context.run.id, record.task_id)


def _done(context: RunContext, record: TaskRun) -> TaskRun:
    return to_phase(with_attempt(record, ended_at=context.clock.now()), Phase.DONE)


def _conflicting(context: RunContext, record: TaskRun, conflicts: Conflicts) -> TaskRun:
    files = ", ".join(conflicts.files[:10])
    advice = (
        "Another task changed the same lines and was merged first. Start again from the merged "
        f"result. The files in conflict were: {files}"
    )
    return fail_attempt(record, f"merge conflict in {files}", advice, context.clock.now())
