"""The gate step: commits an agent's changes and runs the gates on the commit."""

from collections.abc import Mapping
from dataclasses import replace

from podium.agents.failures import describe_failure
from podium.gates.gate import ChangedTree
from podium.gates.pipeline import Stage, can_be_repaired, feedback, is_command, run_gates
from podium.model.agents import AgentReply, Outcome
from podium.model.doubts import GivenAnswer
from podium.model.doubts.settling import who_is_asked
from podium.model.plans import CriterionKind, Task
from podium.model.runs import AgentCall, Attempt, GateResult, GatesResult, Run, TaskRun
from podium.runs.commit_messages import task_message
from podium.runs.context import RunContext, setup_files_of
from podium.runs.steps.known_answers import known_answers
from podium.runs.transitions import with_attempt, with_result
from podium.runs.truncated_replies import check_reply, promoted_codes, was_truncated
from podium.words import counted
from podium.workspace.values import PreparedFiles

_DECIDED = frozenset(CriterionKind) - {CriterionKind.AUDITOR, CriterionKind.ANY}


async def check(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Commit the worktree on the attempt's branch and run the gates on the change."""
    repository, attempt = context.repository, record.attempt
    folder = context.worktree_folder(task.id, attempt)
    worktree = repository.open_worktree(folder)
    message = task_message(context.run, task, attempt)
    # A commit from before a crash is recognised; a new branch cannot have one.
    is_fresh = context.known.take_fresh(attempt.branch)
    former = "" if is_fresh else attempt.commit or attempt.base_commit
    made = setup_files_of(attempt)
    commit = await repository.commit_all(
        worktree, message, after=former, setup_files=made
    ) or await context.tip(attempt.branch)
    change = await repository.change_of(commit)
    if (change.parents, change.message) == ((attempt.base_commit,), message):
        context.known.learn_result(commit)
    tree = await context.changed_tree(folder, attempt.base_commit, change)
    answers = known_answers(context, record)
    tree = replace(tree, promoted=promoted_codes(attempt), answers=answers)
    paths = tuple(file.path for file in tree.files)
    record = with_attempt(record, commit=commit, changed_files=paths)
    if not paths and (problem := _why_unchanged(task, attempt)):
        return with_result(record, _unchanged(attempt, commit, problem))
    results = await run_gates_cleanly(context, tree, task, "attempt", made)
    if was_truncated(attempt):
        results = (await check_reply(context, record.attempt), *results)
    result = with_question(context.run, gates_result(attempt.at, commit, results), answers)
    to_confirm = confirmed_by_person(task) if result.passed else ()
    update = {"changed": bool(paths), "to_confirm": to_confirm}
    return with_result(record, result.model_copy(update=update))


async def run_gates_cleanly(
    context: RunContext,
    tree: ChangedTree,
    task: Task,
    stage: Stage,
    setup_files: PreparedFiles | None,
) -> tuple[GateResult, ...]:
    """Run the gates; discard everything that their commands wrote into the worktree.

    The set-up commands' changes are kept.
    """
    results = await run_gates(tree, task, context.run.gates, stage)
    if any(is_command(each.gate) for each in results):
        worktree = context.repository.open_worktree(tree.folder)
        await context.repository.discard_changes(worktree, tree.commit, setup_files)
    return results


def gates_result(path: str, commit: str, results: tuple[GateResult, ...]) -> GatesResult:
    """Return the result of a step from the results of its gates."""
    failed = next((each for each in results if not each.passed), None)
    if failed is None:
        return GatesResult(path=path, passed=True, commit=commit, gates=results)
    return GatesResult(
        path=path,
        passed=False,
        summary=failed.summary,
        problem=_problem(failed),
        feedback=feedback(results),
        repairable=can_be_repaired(failed.gate) and not is_doubtful(failed),
        commit=commit,
        gates=results,
    )


def is_doubtful(gate: GateResult) -> bool:
    """Return whether a gate failed only because of doubts that are still to be answered."""
    return bool(gate.doubts) and not gate.problems


def with_question(run: Run, result: GatesResult, answers: Mapping[str, GivenAnswer]) -> GatesResult:
    """Return the result with who is asked about its doubts, if it failed only because of them."""
    failed = next((each for each in result.gates if not each.passed), None)
    if failed is None or not is_doubtful(failed):
        return result
    asks = who_is_asked(failed.doubts, answers, run.settings.doubts)
    return result.model_copy(update={"asks": asks})


def _problem(failed: GateResult) -> str:
    if is_doubtful(failed):
        first, *others = failed.doubts
        more = f", and {counted(len(others), 'more')}" if others else ""
        return f"a doubt was not answered: {first.sentence}{more}"
    return f"the {failed.gate} gate failed: {failed.summary}"


def _unchanged(attempt: Attempt, commit: str, problem: str) -> GatesResult:
    return GatesResult(path=attempt.at, passed=False, problem=problem, commit=commit, changed=False)


def _why_unchanged(task: Task, attempt: Attempt) -> str:
    """Return the problem with an attempt that changed nothing, or an empty string."""
    if was_truncated(attempt):
        return _truncated(attempt.work[-1])
    if not _must_change(task):
        return ""
    denied = attempt.work[-1].denied if attempt.work else ()
    if denied:
        return f"nothing was changed; permission was denied for: {'; '.join(denied[:5])}"
    return "the agent reported success, but nothing was changed"


def confirmed_by_person(task: Task) -> tuple[str, ...]:
    """Return the criteria that only a person can confirm."""
    return tuple(each.id for each in task.acceptance if each.kind is CriterionKind.PERSON)


def _must_change(task: Task) -> bool:
    """Return False for a task without declared files if a gate or a person decides about it."""
    return bool(task.files.all) or not any(each.kind in _DECIDED for each in task.acceptance)


def _truncated(call: AgentCall) -> str:
    return describe_failure(call.agent, AgentReply(outcome=Outcome.TRUNCATED, detail=call.detail))
