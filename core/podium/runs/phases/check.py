"""The check phase: commits an agent's changes and runs the gates on the commit."""

from dataclasses import replace

from podium.agents.failures import describe_failure
from podium.gates.pipeline import feedback, run_gates
from podium.model.agents import AgentReply, Outcome
from podium.model.plans import Task
from podium.model.runs import GateResult, Step, TaskRun
from podium.model.states import Phase
from podium.runs.commit_messages import task_message
from podium.runs.context import RunContext
from podium.runs.transitions import fail_attempt, may_recover, to_phase, with_attempt, with_gates
from podium.runs.truncated_replies import check_reply, promoted_warnings, was_truncated


async def check(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Commit the worktree on the attempt's branch and run the gates on the change."""
    repository, attempt = context.repository, record.attempt
    folder = context.worktree_folder(task.id, attempt)
    if not folder.is_dir():
        return fail_attempt(record, "the worktree no longer exists", "", context.clock.now())
    worktree = repository.open_worktree(folder)
    await repository.commit_all(worktree, task_message(context.run, task, attempt))
    commit = await context.tip(attempt.branch)
    tree = await context.changed_tree(folder, attempt.base_commit, commit)
    tree = replace(tree, promoted=promoted_warnings(attempt))
    changed = tree.files
    paths = tuple(file.path for file in changed)
    # An earlier review was about another tree.
    record = with_attempt(record, commit=commit, changed_files=paths, audit=None)
    if not changed and was_truncated(attempt):
        return fail_attempt(
            record, _truncated(attempt.steps[-1]), "", context.clock.now(), Outcome.TRUNCATED
        )
    if not changed and _must_change(task):
        return fail_attempt(record, _nothing_changed(record), "", context.clock.now())
    results = await run_gates(tree, task, context.run.gates, "attempt")
    if was_truncated(attempt):
        results = (await check_reply(context, record.attempt), *results)
    then = Phase.REVIEWING if context.run.settings.audit and changed else Phase.MERGING
    return judge(context, with_gates(record, results), results, then)


def judge(
    context: RunContext, record: TaskRun, results: tuple[GateResult, ...], then: Phase
) -> TaskRun:
    """Return the record in phase `then` if every gate passed, else repairing or failed."""
    failed = [result for result in results if not result.passed]
    if not failed:
        return to_phase(record, then)
    if record.phase is Phase.CHECKING and may_recover(context.run, record, failed[0]):
        return to_phase(record, Phase.REPAIRING, failed[0].summary)
    problem = f"the {failed[0].gate} gate failed: {failed[0].summary}"
    return fail_attempt(record, problem, feedback(results), context.clock.now())


def _must_change(task: Task) -> bool:
    """Return False for a task without declared files whose criteria are checked by commands."""
    return bool(task.files.all) or not any(each.command for each in task.acceptance)


def _truncated(step: Step) -> str:
    return describe_failure(step.agent, AgentReply(outcome=Outcome.TRUNCATED, detail=step.detail))


def _nothing_changed(record: TaskRun) -> str:
    denied = record.attempt.steps[-1].denied if record.attempt.steps else ()
    if denied:
        return f"nothing was changed; permission was denied for: {'; '.join(denied[:5])}"
    return "the agent reported success, but nothing was changed"
