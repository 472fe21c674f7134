"""Makes agent calls, each exactly once.

A call is identified by its key, so a restarted runner attaches to a running call.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import anyio.to_thread

from podium.agents.call_costs import ended_call
from podium.agents.failures import describe_failure
from podium.agents.replies.cache import CacheableRequest
from podium.dialogue.excerpts import excerpt
from podium.dialogue.prompts.roles import TaskResult, Work
from podium.errors import AgentUnavailable
from podium.model import layout
from podium.model.agents import (
    ROLE_PERMISSIONS,
    AgentReply,
    AgentRequest,
    CallPurpose,
    Outcome,
    Role,
)
from podium.model.base import to_json
from podium.model.plans import AgentChoice, Task
from podium.model.rules.call_limits import FittedLimits, call_limits
from podium.model.rules.retries import MAX_LOST_PROCESSES
from podium.model.runs import AgentCall, AgentResult, CacheUse, Run, TaskRun
from podium.ports.dispatcher import CallLost, CallOutcome, CallRefused
from podium.runs.context import RunContext
from podium.runs.steps.permissions import relayed_questions


@dataclass(frozen=True)
class Prompt:
    """A request to an agent, with its prompt.

    Args:
        role: the agent's role, which determines its permissions.
        number: the 1-based number of this role's call in the attempt.
        text: the prompt.
        restore_to: the checkpoint or commit with the state of the worktree before the call.
        files: the files that the call is about, relative to the worktree.
        limits: when to end the call; by default it depends on what is known about the task.
        again: whether this is the second call in the same step.
        purpose: what the call is for.
        session: the agent's own session to continue.
    """

    role: Role
    number: int
    text: str
    restore_to: str
    files: tuple[str, ...]
    limits: FittedLimits | None = None
    again: bool = False
    purpose: CallPurpose = CallPurpose.WORK
    session: str = ""


async def call_agent(
    context: RunContext,
    task: Task,
    record: TaskRun,
    choice: AgentChoice,
    prompt: Prompt,
    key: str,
) -> tuple[AgentCall, AgentReply]:
    """Make a call of the attempt's current step, or attach to it; return its outcome."""
    attempt = record.attempt
    folder = context.worktree_folder(task.id, attempt)
    # They are the same whenever the call is submitted again.
    limits = prompt.limits or call_limits(context.run, record, task, prompt.role, choice)
    context.check_sandbox()
    request = AgentRequest(
        key=key,
        agent=choice.agent,
        role=prompt.role,
        purpose=prompt.purpose,
        prompt=prompt.text,
        session=prompt.session,
        tree=context.repository.call_tree(key, prompt.restore_to),
        folder=str(folder),
        task_id=task.id,
        attempt=prompt.number + len(attempt.tries),
        files=prompt.files,
        permissions=ROLE_PERMISSIONS[prompt.role],
        ask=context.run.ask,
        ask_seconds=context.run.ask_seconds if context.run.ask else 0,
        limits=limits.limits,
        options=choice.options,
        variables=context.variables(folder),
        sandbox=context.run.sandbox,
    )
    restore_to = await context.state_at(attempt, prompt.restore_to)
    async with relayed_questions(context, request):
        outcome = await _outcome(context, folder, request, restore_to)
    call = await ended_call(request, outcome, context.run.budget.billing)
    if limits.reason:
        update = {"limits": limits.limits, "limits_because": limits.reason}
        call = call.model_copy(update=update)
    return call, outcome.reply


async def _outcome(
    context: RunContext, folder: Path, request: AgentRequest, restore_to: str
) -> CallOutcome:
    """Submit a call and wait for its outcome.

    When all processes of the call have died, restore its worktree and restart the call.
    """
    context.check_lock()
    dispatcher = context.dispatcher
    await dispatcher.submit(request)
    context.preparations.end(request.task_id)
    while isinstance(outcome := await dispatcher.wait_outcome(request.key), CallLost):
        if outcome.times >= MAX_LOST_PROCESSES:
            return _failed(context, request.key, f"its process died {outcome.times} times")
        found = context.repository.open_worktree(folder)
        context.check_lock()
        await context.repository.restore(found, restore_to)
        context.check_lock()
        await dispatcher.submit(request)
    if isinstance(outcome, CallRefused):
        # The call must not start later, when nothing is waiting for it.
        await dispatcher.cancel(request.key, outcome.reason)
        return _failed(context, request.key, outcome.reason, Outcome.START_FAILED)
    return outcome


def _failed(
    context: RunContext, key: str, detail: str, outcome: Outcome = Outcome.FAILED
) -> CallOutcome:
    now = context.clock.now().timestamp()
    return CallOutcome(key, AgentReply(outcome=outcome, detail=detail), now, now)


def reused_call(
    choice: AgentChoice, prompt: Prompt, key: str, reply: AgentReply, now: datetime
) -> AgentCall:
    """Return the record of a call that was answered with an earlier reply."""
    return AgentCall(
        key=key,
        agent=choice.agent,
        role=prompt.role,
        purpose=prompt.purpose,
        outcome=reply.outcome,
        text_tail=excerpt(reply.text),
        cache=CacheUse.HIT,
        started_at=now,
        ended_at=now,
    )


async def cacheable_request(
    context: RunContext, record: TaskRun, choice: AgentChoice, prompt: Prompt
) -> CacheableRequest | None:
    """Return the request for the cache, or None if its reply must not be reused.

    Linked files, and folders that are copied, can change without a trace in the tree.
    """
    worktree = context.run.worktree
    if worktree.link_ignored or not context.cache.is_used_for(choice, prompt.role):
        return None
    copied: dict[str, str] = {}
    for path in worktree.copy_ignored:
        place = context.repository.root / path
        if place.is_dir():
            return None
        if place.is_file():
            content = await anyio.to_thread.run_sync(place.read_bytes)
            copied[path] = hashlib.sha256(content).hexdigest()
    state = await context.state_at(record.attempt, prompt.restore_to)
    return CacheableRequest(
        choice=choice,
        role=prompt.role,
        prompt=prompt.text,
        tree=await context.repository.tree_of(state),
        surroundings={"copied": copied, "setup": [to_json(each) for each in context.run.setup]},
    )


def chain_of(run: Run, *roles: str) -> tuple[AgentChoice, ...]:
    """Return the agents of the first of these roles that has one, in order of preference.

    Raises:
        AgentUnavailable: none of them has an agent.
    """
    for role in roles:
        if chosen := run.agents.get(role):
            return chosen
    raise AgentUnavailable(f"No agent is configured for the role {roles[0]}")


def failed_result(
    path: str, calls: Sequence[AgentCall], reply: AgentReply, prefix: str = ""
) -> AgentResult:
    """Return the result of a step whose last call did not complete."""
    failure = describe_failure(calls[-1].agent if calls else "the agent", reply)
    return AgentResult(
        path=path,
        passed=False,
        problem=f"{prefix}{failure}",
        calls=tuple(calls),
        outcome=reply.outcome,
    )


def work_of(context: RunContext, task: Task, record: TaskRun) -> Work:
    """Return the agent's context: the task, earlier results, why the last attempt failed."""
    former = record.attempts[-2].feedback if len(record.attempts) > 1 else ""
    return Work(
        objective=context.plan.objective,
        task=task,
        results=[
            _result(context, found)
            for each in task.requires
            if (found := context.store.get(layout.task_run(context.run.id, each))) is not None
        ],
        feedback=former,
        attempt=record.attempt.number,
    )


def _result(context: RunContext, record: TaskRun) -> TaskResult:
    attempt = record.attempt
    return TaskResult(
        task_id=record.task_id,
        title=context.tasks[record.task_id].title,
        files=attempt.changed_files,
        summary=attempt.work[-1].text_tail if attempt.work else "",
        commit=attempt.merged_commit,
    )
