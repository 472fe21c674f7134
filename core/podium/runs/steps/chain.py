"""Calls the agents of a role's chain in turn until one of them completes the step.

A failed call is committed with the attempt before another agent is called. If an agent is
resting, a question holds the task until the agent may be called again. Neither uses up an
attempt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import anyio

from podium.agents.health import ALL_AGENTS
from podium.entities.questions import all_questions, ask, end_without_answer
from podium.entities.signing import is_answer_signed_here
from podium.model.agents import AgentHealth, AgentReply, Outcome
from podium.model.plans import AgentChoice, Task
from podium.model.questions import Choice, Question, QuestionKind
from podium.model.rules.agent_policy import (
    Call,
    GiveUp,
    Next,
    Try,
    WaitUntil,
    after_call,
    before_call,
    choose,
    login_of,
)
from podium.model.runs import AgentCall, TaskRun
from podium.ports.dispatcher import CallState
from podium.runs.context import RunContext, call_key
from podium.runs.steps.agent_calls import Prompt, call_agent
from podium.runs.transitions import with_attempt
from podium.store import Store, Transaction

RETRY, FALL_BACK, FAIL = "retry", "fall-back", "fail"


@dataclass(frozen=True)
class Asked:
    """The result of a step's calls.

    Args:
        calls: all calls of the step, oldest first; the last one ended the step.
        reply: the reply to the last call.
    """

    calls: tuple[AgentCall, ...]
    reply: AgentReply


async def ask_chain(
    context: RunContext,
    task: Task,
    record: TaskRun,
    chain: tuple[AgentChoice, ...],
    prompt: Prompt,
) -> Asked | TaskRun:
    """Make the next call of the attempt's current step.

    Returns:
        The result if the step has ended; the record with the failed call, or with the choice of
        another agent, to commit before the next call; or the unchanged record while a question
        holds the task.
    """
    tries = record.attempt.tries
    number = len(tries) + 1
    key = call_key(
        context.run, task.id, record.attempt, record.attempt.at, again=prompt.again, number=number
    )
    attempt = record.attempt
    known = (await context.dispatcher.inspect([key])).get(key)
    is_new = known is None or known.state is CallState.UNKNOWN
    if is_new and not prompt.again:
        # A submitted call is waited for, whatever has become of its agent since.
        after = await anyio.to_thread.run_sync(
            partial(_decide, context, task, record, chain, prompt, key)
        )
        match after:
            case GiveUp():
                return _given_up(tries)
            case WaitUntil():
                _hold(context, task, record, chain, after, number)
                return record
            case Call(index, reason) if (index, bool(reason)) != (
                attempt.choice,
                bool(attempt.chosen_because),
            ):
                return with_attempt(record, choice=index, chosen_because=reason)
            case Call():
                pass
    if is_new:
        await _begin(context, task, record, prompt, chain[attempt.choice], key)
    return await _call(context, task, record, chain, prompt, key)


async def try_another(
    context: RunContext,
    task: Task,
    record: TaskRun,
    chain: tuple[AgentChoice, ...],
    prompt: Prompt,
    calls: Sequence[AgentCall],
) -> TaskRun | None:
    """Return the record with the unusable replies as failed calls, so that another agent is called.

    Args:
        context: the context of the run.
        task: the task.
        record: the record, before these calls.
        chain: the agents.
        prompt: the prompt of the step.
        calls: all calls of the step; those not in the record completed with unusable replies.

    Returns:
        The record, or None if no other agent is left.
    """
    tries = record.attempt.tries
    unusable = [
        each.model_copy(update={"outcome": Outcome.INVALID_REPLY}) for each in calls[len(tries) :]
    ]
    failed = _with_tries(record, (*tries, *unusable))
    after = await anyio.to_thread.run_sync(
        partial(_decide, context, task, failed, chain, prompt, "")
    )
    return None if isinstance(after, GiveUp) else failed


def _decide(
    context: RunContext,
    task: Task,
    record: TaskRun,
    chain: tuple[AgentChoice, ...],
    prompt: Prompt,
    key: str,
) -> Next:
    tries = record.attempt.tries
    answer = _answer(context, task, record, len(tries) + 1)
    if answer == FAIL:
        return GiveUp()
    logins = [*(login_of(each) for each in chain), ALL_AGENTS]
    after = choose(
        chain,
        [Try(each.choice, each.outcome) for each in tries if each.outcome],
        context.health.read_all(logins),
        context.run.policy,
        role=prompt.role,
        key=key,
        now=context.clock.now(),
        forced=answer == RETRY,
    )
    if answer == FALL_BACK and isinstance(after, WaitUntil) and after.instead is not None:
        return Call(after.instead, f"{after.reason}, {chain[after.instead].agent} steps in")
    return after


async def _call(
    context: RunContext,
    task: Task,
    record: TaskRun,
    chain: tuple[AgentChoice, ...],
    prompt: Prompt,
    key: str,
) -> Asked | TaskRun:
    """Make the chosen call, or attach to it."""
    attempt = record.attempt
    choice = chain[attempt.choice]
    call, reply = await call_agent(context, task, record, choice, prompt, key)
    call = call.model_copy(
        update={"choice": attempt.choice, "chosen_because": attempt.chosen_because}
    )
    asked = Asked((*attempt.tries, call), reply)
    if reply.outcome is Outcome.CANCELLED:
        return asked
    await anyio.to_thread.run_sync(partial(_count, context, choice, call))
    if reply.outcome in (Outcome.COMPLETED, Outcome.TRUNCATED):
        return asked
    failed = _with_tries(record, asked.calls)
    after = await anyio.to_thread.run_sync(
        partial(_decide, context, task, failed, chain, prompt, "")
    )
    return asked if isinstance(after, GiveUp) else failed


def _with_tries(record: TaskRun, calls: tuple[AgentCall, ...]) -> TaskRun:
    """Return the record with failed calls; the next agent is still to be chosen."""
    return with_attempt(record, tries=calls, choice=0, chosen_because="")


async def _begin(
    context: RunContext,
    task: Task,
    record: TaskRun,
    prompt: Prompt,
    choice: AgentChoice,
    key: str,
) -> None:
    """Undo what a failed call left in the worktree, and count the call that is about to start."""
    now, policy = context.clock.now(), context.run.policy
    if record.attempt.tries:
        folder = context.worktree_folder(task.id, record.attempt)
        context.check_lock()
        clean = await context.state_at(record.attempt, prompt.restore_to)
        await context.repository.restore(context.repository.open_worktree(folder), clean)

    def count() -> None:
        for login in (login_of(choice), ALL_AGENTS):
            if _is_counted(context.health.read(login), policy.calls_per_minute):
                context.health.change(login, lambda each: before_call(each, policy, key, now))

    await anyio.to_thread.run_sync(count)


def _is_counted(health: AgentHealth, rates: dict[str, int]) -> bool:
    """Return whether starting a call changes a login's health; if not, no write is needed."""
    return health.resting_until is not None or health.login in rates


def _count(context: RunContext, choice: AgentChoice, call: AgentCall) -> None:
    """Record in a login's health how a call ended; a healthy agent needs no write."""
    assert call.outcome is not None, "the call has ended"
    before = context.health.read(login_of(choice))
    is_healthy = before == AgentHealth(login=before.login)
    if is_healthy and call.outcome in (Outcome.COMPLETED, Outcome.TRUNCATED):
        return
    note = partial(
        after_call,
        policy=context.run.policy,
        key=call.key,
        outcome=call.outcome,
        now=call.ended_at or context.clock.now(),
        detail=call.detail,
        retry_after=call.retry_after_seconds,
    )
    after = context.health.change(before.login, note)
    if before.resting_until is not None and after.resting_until is None:
        end_waits(context.store, context.run.id, context.clock.now())


def end_waits(store: Store, run_id: str, now: datetime) -> None:
    """End a run's waits for resting agents, because one of them works again.

    A task whose agent is still resting asks again.
    """
    waiting = [
        each
        for each in all_questions(store, run_id)
        if each.is_open and each.kind == QuestionKind.LIMIT and each.until is not None
    ]

    def end_all(tx: Transaction) -> None:
        for question in waiting:
            end_without_answer(tx, question, now)

    if waiting:
        store.transact(end_all)


def _given_up(tries: tuple[AgentCall, ...]) -> Asked:
    if not tries:
        reply = AgentReply(outcome=Outcome.UNAVAILABLE, detail="a person ended the wait for it")
        return Asked((), reply)
    last = tries[-1]
    return Asked(tries, AgentReply(outcome=last.outcome or Outcome.FAILED, detail=last.detail))


def _about(context: RunContext, task: Task, record: TaskRun, number: int) -> tuple[str, str]:
    key = f"{record.attempt.number}/{record.attempt.at}/{number}"
    return f"{context.run.id}/{task.id}", key


def _answer(context: RunContext, task: Task, record: TaskRun, number: int) -> str:
    """Return a person's answer to the latest question about this call, or ""."""
    wanted = _about(context, task, record, number)
    asked = [
        each
        for each in all_questions(context.store, context.run.id)
        if (each.about, each.key) == wanted and each.kind == QuestionKind.LIMIT
    ]
    if not asked or not asked[-1].answer or not is_answer_signed_here(asked[-1]):
        return ""
    return asked[-1].answer


def _hold(
    context: RunContext,
    task: Task,
    record: TaskRun,
    chain: tuple[AgentChoice, ...],
    wait: WaitUntil,
    number: int,
) -> None:
    about, key = _about(context, task, record, number)
    choices = [Choice(id=RETRY, label="Try again now")]
    if wait.instead is not None:
        other = chain[wait.instead].agent
        choices.append(Choice(id=FALL_BACK, label=f"Continue with {other}"))
    choices.append(Choice(id=FAIL, label="Fail the attempt"))
    question = Question(
        id="",
        kind=QuestionKind.LIMIT,
        about=about,
        key=key,
        text=wait.reason,
        choices=tuple(choices),
        asked_at=context.clock.now(),
        until=wait.until,
    )
    context.store.transact(lambda tx: ask(tx, question))
