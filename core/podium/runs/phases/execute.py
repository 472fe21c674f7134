"""The execute phase: runs a task's agent call exactly once.

The call is identified by its key, so a restarted runner attaches to a call that is running.
"""

from datetime import UTC, datetime
from pathlib import Path

from podium.agents.failures import describe_failure
from podium.dialogue.excerpts import excerpt, redact
from podium.dialogue.prompts.roles import TaskResult, Work, executor_prompt
from podium.entities.runs import load_task_runs
from podium.errors import AgentUnavailable
from podium.model.agents import ROLE_PERMISSIONS, AgentReply, AgentRequest, Outcome, Role
from podium.model.plans import Task
from podium.model.runs import Step, TaskRun
from podium.model.states import Phase
from podium.ports.dispatcher import CallLost, CallOutcome
from podium.runs.context import RunContext, call_key
from podium.runs.transitions import fail_attempt, to_phase, with_step

MAX_LOSSES = 5
"""Lost processes of one call after which the attempt fails."""
_CHECKED_OUTCOMES = frozenset((Outcome.COMPLETED, Outcome.TRUNCATED))
"""Outcomes after which the worktree is checked; work of a truncated reply can be continued."""


async def execute(context: RunContext, task: Task, record: TaskRun) -> TaskRun:
    """Submit the call or attach to it, and return the record with the step's outcome."""
    try:
        request = _request(context, task, record)
    except AgentUnavailable as error:
        return fail_attempt(record, str(error), "", context.clock.now(), Outcome.UNAVAILABLE)
    if not context.worktree_folder(task.id, record.attempt).is_dir():
        return fail_attempt(record, "the worktree no longer exists", "", context.clock.now())
    worktree = context.worktree_folder(task.id, record.attempt)
    outcome = await call_agent(context, worktree, request, record.attempt.checkpoint)
    record = with_step(record, step_of(request, outcome))
    if outcome.reply.outcome in _CHECKED_OUTCOMES:
        return to_phase(record, Phase.CHECKING)
    problem = describe_failure(request.agent, outcome.reply)
    return fail_attempt(record, problem, "", context.clock.now(), outcome.reply.outcome)


def _request(context: RunContext, task: Task, record: TaskRun) -> AgentRequest:
    choice = context.run.agents.get(task.role) or context.run.agents.get(Role.EXECUTOR)
    if choice is None:
        raise AgentUnavailable(f"No agent is configured for the role {task.role}")
    attempt = record.attempt
    return AgentRequest(
        key=call_key(context.run, task.id, attempt, "execute"),
        agent=choice.agent,
        role=Role.EXECUTOR,
        prompt=executor_prompt(work_of(context, task, record)),
        folder=str(context.worktree_folder(task.id, attempt)),
        task_id=task.id,
        attempt=attempt.number,
        files=task.files.all,
        permissions=ROLE_PERMISSIONS[Role.EXECUTOR],
        limits=context.run.settings.limits,
        options=choice.options,
    )


def work_of(context: RunContext, task: Task, record: TaskRun) -> Work:
    """Return the executor's context: the task, earlier results, why the last attempt failed."""
    records = load_task_runs(context.store, context.run)
    former = record.attempts[-2].feedback if len(record.attempts) > 1 else ""
    return Work(
        objective=context.plan.objective,
        task=task,
        results=[_result(context, records[each]) for each in task.requires if each in records],
        feedback=former,
        attempt=record.attempt.number,
    )


def _result(context: RunContext, record: TaskRun) -> TaskResult:
    attempt = record.attempt
    return TaskResult(
        task_id=record.task_id,
        title=context.plan.task(record.task_id).title,
        files=attempt.changed_files,
        summary=attempt.steps[-1].text_tail if attempt.steps else "",
        commit=attempt.merged_commit,
    )


async def call_agent(
    context: RunContext, worktree: Path, request: AgentRequest, restore_to: str
) -> CallOutcome:
    """Submit a call and wait for its outcome.

    When all processes of the call have died, its worktree is restored and the call restarted.

    Args:
        worktree: the agent's working directory.
        restore_to: the checkpoint or commit with the state of the worktree before the call.
    """
    await context.dispatcher.submit(request)
    while isinstance(outcome := await context.dispatcher.wait_outcome(request.key), CallLost):
        if outcome.times >= MAX_LOSSES:
            now = context.clock.now().timestamp()
            detail = f"its process died {outcome.times} times"
            reply = AgentReply(outcome=Outcome.FAILED, detail=detail)
            return CallOutcome(request.key, reply, now, now)
        found = context.repository.open_worktree(worktree)
        await context.repository.restore(found, restore_to)
        await context.dispatcher.submit(request)
    return outcome


def step_of(request: AgentRequest, outcome: CallOutcome) -> Step:
    """Return the record of a finished call: secrets redacted, only the end of the reply."""
    reply = outcome.reply
    return Step(
        key=request.key,
        agent=request.agent,
        role=request.role,
        outcome=reply.outcome,
        detail=redact(reply.detail),
        text_tail=excerpt(reply.text),
        denied=tuple(redact(each) for each in reply.denied),
        retry_after_seconds=reply.retry_after_seconds,
        usage=reply.usage,
        started_at=datetime.fromtimestamp(outcome.started_at, UTC),
        ended_at=datetime.fromtimestamp(outcome.ended_at, UTC),
    )
