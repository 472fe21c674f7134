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
from podium.agents.replies.cache import CacheableRequest
from podium.entities.questions import all_questions, ask, end_without_answer
from podium.entities.signing import is_answer_signed_here
from podium.model.agents import AgentHealth, AgentReply, Outcome
from podium.model.plans import AgentChoice, Task
from podium.model.questions import Choice, Question, QuestionKind
from podium.model.rules.agents.agent_policy import (
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
from podium.model.runs import AgentCall, CacheUse, TaskRun
from podium.ports.dispatcher import CallState
from podium.runs.context import RunContext, call_key
from podium.runs.steps.agent_calls import Prompt, cacheable_request, call_agent, reused_call
from podium.runs.steps.budget import waits_for_budget
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


@dataclass(frozen=True)
class ChainStep:
    """A step that is carried out by the first agent of a chain that completes it.

    Args:
        context: the context of the run.
        task: the task.
        record: the task's record, at this step.
        chain: the agents, in order of preference.
        prompt: the request, the same for every agent.
    """

    context: RunContext
    task: Task
    record: TaskRun
    chain: tuple[AgentChoice, ...]
    prompt: Prompt

    async def ask(self) -> Asked | TaskRun:
        """Make the next call of the step.

        Returns:
            The result if the step has ended; the record with the failed call, or with the choice of
            another agent, to commit before the next call; or the unchanged record while a question
            holds the task.
        """
        attempt, key = self.record.attempt, self._key
        known = (await self.context.dispatcher.inspect([key])).get(key)
        is_new = known is None or known.state is CallState.UNKNOWN
        request = await self._request() if is_new else None
        if request is not None:
            reply = await self.context.cache.find(request)
            if reply is not None:
                now = self.context.clock.now()
                call = reused_call(self._choice, self.prompt, key, reply, now)
                return Asked((*attempt.tries, self._chosen(call)), reply)
        # A submitted call is waited for, whatever has become of its agent since.
        if is_new and not self.prompt.again:
            match await self._decide(self.record, key):
                case GiveUp():
                    return _given_up(attempt.tries)
                case WaitUntil() as wait:
                    self._hold(wait)
                    return self.record
                case Call(index, reason):
                    is_recorded = bool(reason) is bool(attempt.chosen_because)
                    if index != attempt.choice or not is_recorded:
                        return with_attempt(self.record, choice=index, chosen_because=reason)
        if is_new and not await self._may_start(key):
            return self.record
        return await self._call(key, CacheUse.NONE if request is None else CacheUse.MISS)

    async def keep(self, calls: Sequence[AgentCall], reply: AgentReply) -> None:
        """Keep a reply that was usable, so that an equal request can be answered with it.

        Args:
            calls: all calls of the step; the last one was answered with the reply.
            reply: the reply.
        """
        if calls[-1].cache is not CacheUse.HIT:
            request = await self._request()
            if request is not None:
                await self.context.cache.keep(request, reply)

    async def try_another(self, calls: Sequence[AgentCall]) -> TaskRun | None:
        """Return the record with unusable replies as failed calls, so that another agent is called.

        Args:
            calls: all calls of the step; those not in the record completed with unusable replies.

        Returns:
            The record, or None if no other agent is left.
        """
        tries = self.record.attempt.tries
        unusable = [
            each.model_copy(update={"outcome": Outcome.INVALID_REPLY})
            for each in calls[len(tries) :]
        ]
        failed = _with_tries(self.record, (*tries, *unusable))
        return None if isinstance(await self._decide(failed), GiveUp) else failed

    @property
    def _key(self) -> str:
        attempt = self.record.attempt
        number = len(attempt.tries) + 1
        run, again = self.context.run, self.prompt.again
        return call_key(run, self.task.id, attempt, attempt.at, again=again, number=number)

    @property
    def _choice(self) -> AgentChoice:
        return self.chain[self.record.attempt.choice]

    async def _decide(self, record: TaskRun, key: str = "") -> Next:
        return await anyio.to_thread.run_sync(self._decide_now, record, key)

    def _decide_now(self, record: TaskRun, key: str) -> Next:
        tries = record.attempt.tries
        answer = self._answer(record)
        if answer == FAIL:
            return GiveUp()
        after = choose(
            self.chain,
            [Try(each.choice, each.outcome) for each in tries if each.outcome],
            self.context.health.read_all([*map(login_of, self.chain), ALL_AGENTS]),
            self.context.run.policy,
            role=self.prompt.role,
            key=key,
            now=self.context.clock.now(),
            forced=answer == RETRY,
        )
        if answer == FALL_BACK and isinstance(after, WaitUntil) and after.instead is not None:
            other = login_of(self.chain[after.instead])
            return Call(after.instead, f"{after.reason}, {other} steps in")
        return after

    async def _request(self) -> CacheableRequest | None:
        return await cacheable_request(self.context, self.record, self._choice, self.prompt)

    def _chosen(self, call: AgentCall) -> AgentCall:
        """Return a call together with the choice of its agent."""
        attempt = self.record.attempt
        chosen = {"choice": attempt.choice, "chosen_because": attempt.chosen_because}
        return call.model_copy(update=chosen)

    async def _call(self, key: str, cache: CacheUse) -> Asked | TaskRun:
        """Make the chosen call, or attach to it."""
        attempt, choice, own = self.record.attempt, self._choice, self.context.own_calls
        own.under_way.add(key)
        try:
            call, reply = await call_agent(
                self.context, self.task, self.record, choice, self.prompt, key
            )
        except BaseException:
            own.end(key)
            raise
        own.end(key, call if self.context.run.budget.is_set else None)
        call = self._chosen(call).model_copy(update={"cache": cache})
        asked = Asked((*attempt.tries, call), reply)
        if reply.outcome is Outcome.CANCELLED:
            return asked
        await anyio.to_thread.run_sync(_count, self.context, choice, call)
        if reply.outcome in (Outcome.COMPLETED, Outcome.TRUNCATED):
            return asked
        failed = _with_tries(self.record, asked.calls)
        return asked if isinstance(await self._decide(failed), GiveUp) else failed

    async def _may_start(self, key: str) -> bool:
        """Prepare a new call; return False if it must wait at a limit of the budget."""
        if waits_for_budget(self.context, self.record):
            return False
        # Before anything else can run, so that no other task starts a call for the same rest.
        own = self.context.own_calls
        own.under_way.add(key)
        try:
            await self._prepare(key)
        except BaseException:
            own.end(key)
            raise
        return True

    async def _prepare(self, key: str) -> None:
        """Undo what a failed call left in the worktree, and count the call that will start."""
        context, attempt = self.context, self.record.attempt
        now, policy = context.clock.now(), context.run.policy
        if attempt.tries:
            folder = context.worktree_folder(self.task.id, attempt)
            context.check_lock()
            clean = await context.state_at(attempt, self.prompt.restore_to)
            await context.repository.restore(context.repository.open_worktree(folder), clean)

        def count() -> None:
            for login in (login_of(self._choice), ALL_AGENTS):
                if _is_counted(context.health.read(login), policy.calls_per_minute):
                    context.health.change(login, lambda each: before_call(each, policy, key, now))

        await anyio.to_thread.run_sync(count)

    def _about(self, record: TaskRun) -> tuple[str, str]:
        """Return the subject and the key of a question about the next call."""
        attempt = record.attempt
        key = f"{attempt.number}/{attempt.at}/{len(attempt.tries) + 1}"
        return f"{self.context.run.id}/{self.task.id}", key

    def _answer(self, record: TaskRun) -> str:
        """Return a person's answer to the latest question about the next call, or ""."""
        asked = [
            each
            for each in all_questions(self.context.store, self.context.run.id)
            if (each.about, each.key) == self._about(record) and each.kind == QuestionKind.LIMIT
        ]
        if not asked or not asked[-1].answer or not is_answer_signed_here(asked[-1]):
            return ""
        return asked[-1].answer

    def _hold(self, wait: WaitUntil) -> None:
        about, key = self._about(self.record)
        choices = [Choice(id=RETRY, label="Try again now")]
        if wait.instead is not None:
            other = login_of(self.chain[wait.instead])
            choices.append(Choice(id=FALL_BACK, label=f"Continue with {other}"))
        choices.append(Choice(id=FAIL, label="Fail the attempt"))
        question = Question(
            id="",
            kind=QuestionKind.LIMIT,
            about=about,
            key=key,
            text=wait.reason,
            choices=tuple(choices),
            asked_at=self.context.clock.now(),
            until=wait.until,
        )
        self.context.store.transact(lambda tx: ask(tx, question))


def _with_tries(record: TaskRun, calls: tuple[AgentCall, ...]) -> TaskRun:
    """Return the record with failed calls; the next agent is still to be chosen."""
    return with_attempt(record, tries=calls, choice=0, chosen_because="")


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
