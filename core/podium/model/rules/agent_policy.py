"""Decides what follows the failure of an agent: retry, wait, fall back to another agent, or fail.

All functions are pure. What they decide on is one document for each login of an agent in the user's
state folder, so that a limit survives every crash and is seen by all projects.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from podium.model.agents import AgentHealth, AgentPolicy, OnLimit, Outcome
from podium.model.plans import AgentChoice


class Reaction(StrEnum):
    """What follows a failed call."""

    RETRY = "retry, then fall back"
    RETRY_ONCE = "retry once, then fall back"
    WAIT = "wait or fall back"
    FALL_BACK = "fall back"
    FAIL = "fail"


REACTIONS: Mapping[Outcome, Reaction] = {
    Outcome.UNAVAILABLE: Reaction.RETRY,
    Outcome.START_FAILED: Reaction.RETRY_ONCE,
    Outcome.TIMED_OUT: Reaction.RETRY_ONCE,
    Outcome.RATE_LIMITED: Reaction.WAIT,
    Outcome.QUOTA_EXHAUSTED: Reaction.WAIT,
    Outcome.REFUSED: Reaction.FALL_BACK,
    Outcome.UNAUTHENTICATED: Reaction.FALL_BACK,
    Outcome.INVALID_REPLY: Reaction.FALL_BACK,
    Outcome.CONTEXT_TOO_LONG: Reaction.FAIL,
    Outcome.INVALID_REQUEST: Reaction.FAIL,
    Outcome.FAILED: Reaction.FAIL,
    Outcome.CANCELLED: Reaction.FAIL,
}
"""The reaction to each outcome that is a failure. A truncated reply is not in the table, because
its work is checked like that of a completed one."""


@dataclass(frozen=True)
class Try:
    """A finished call of the current step that did not end the step.

    Args:
        index: which agent of the chain was called.
        outcome: how the call ended.
    """

    index: int
    outcome: Outcome


@dataclass(frozen=True)
class Call:
    """Call an agent of the chain.

    Args:
        index: which one.
        reason: why it is not the first one; empty if it is.
    """

    index: int
    reason: str = ""


@dataclass(frozen=True)
class WaitUntil:
    """Wait before the next call.

    Args:
        until: when to decide again; None to wait for a person.
        reason: why, in one sentence.
        instead: the agent of the chain that could be called meanwhile, or None.
    """

    until: datetime | None
    reason: str
    instead: int | None = None


@dataclass(frozen=True)
class GiveUp:
    """No agent of the chain is left for this step."""


Next = Call | WaitUntil | GiveUp

MOST_CALLS = 20
"""The number of calls after which a step fails in any case."""

TRIAL_SECONDS = 3600.0
_LIMITS = frozenset({Outcome.RATE_LIMITED, Outcome.QUOTA_EXHAUSTED})
_OF_THE_AGENT = frozenset({*_LIMITS, Outcome.UNAVAILABLE, Outcome.START_FAILED})
"""Failures that say something about the agent rather than about the task."""


def login_of(choice: AgentChoice) -> str:
    """Return the name under which an agent's health is kept."""
    name = choice.options.get("login", "")
    return f"{choice.agent}@{name}" if name else choice.agent


def pause_seconds(policy: AgentPolicy, number: int, chance: float) -> float:
    """Return the length of a pause.

    Args:
        policy: the settings.
        number: which pause in a row it is, from 1.
        chance: a random number from 0 to 1.
    """
    length = policy.first_pause_seconds * policy.pause_factor ** (number - 1)
    length = min(length, policy.longest_pause_seconds)
    return length * (1 - policy.jitter * chance)


def after_call(
    health: AgentHealth,
    policy: AgentPolicy,
    key: str,
    outcome: Outcome,
    *,
    now: datetime,
    detail: str = "",
    retry_after: float | None = None,
    chance: float | None = None,
) -> AgentHealth:
    """Return an agent's health after a call; the same call is counted once.

    Args:
        health: the health before.
        policy: the settings.
        key: the key of the call.
        outcome: how the call ended.
        now: the time at which it ended.
        detail: why, in one sentence.
        retry_after: the number of seconds that the service asked to wait, if it did.
        chance: a random number from 0 to 1; drawn here by default.
    """
    if key == health.last_call:
        return health
    ended = {"last_call": key, "trial": "", "trial_until": None}
    if outcome not in _OF_THE_AGENT:
        rest = {} if health.by_hand else {"resting_until": None, "outcome": None, "reason": ""}
        return health.model_copy(update={**ended, **rest, "failures": 0})
    failures = health.failures + 1
    drawn = random.random() if chance is None else chance  # noqa: S311 - jitter, not a secret
    seconds = _rest_seconds(policy, outcome, failures, retry_after, drawn)
    update: dict[str, object] = {**ended, "failures": failures}
    until = None if seconds is None else now + timedelta(seconds=seconds)
    if until is not None and (health.resting_until is None or until > health.resting_until):
        update |= {"resting_until": until, "outcome": outcome, "reason": detail, "by_hand": False}
    return health.model_copy(update=update)


def _rest_seconds(
    policy: AgentPolicy, outcome: Outcome, failures: int, retry_after: float | None, chance: float
) -> float | None:
    if outcome in _LIMITS and retry_after is not None:
        return retry_after
    if outcome is Outcome.QUOTA_EXHAUSTED:
        return policy.quota_rest_seconds
    if outcome is Outcome.START_FAILED:
        return None
    if failures >= policy.breaker_failures:
        return policy.breaker_rest_seconds
    pause = pause_seconds(policy, failures, chance)
    return max(retry_after, pause) if retry_after is not None else pause


def before_call(health: AgentHealth, policy: AgentPolicy, key: str, now: datetime) -> AgentHealth:
    """Return an agent's health when a call begins: a token is taken, a trial is noted."""
    update: dict[str, object] = {}
    rate = policy.calls_per_minute.get(health.login)
    if rate is not None:
        update |= {"tokens": tokens(health, rate, now) - 1, "refilled_at": now}
    if health.resting_until is not None and not health.is_resting(now):
        update |= {"trial": key, "trial_until": now + timedelta(seconds=TRIAL_SECONDS)}
    return health.model_copy(update=update)


def tokens(health: AgentHealth, rate: int, now: datetime) -> float:
    """Return how many calls may begin now; a clock that was set back adds none."""
    if health.tokens is None or health.refilled_at is None:
        return float(rate)
    passed = max(0.0, (now - health.refilled_at).total_seconds())
    return min(float(rate), health.tokens + passed * rate / 60)


def choose(
    chain: Sequence[AgentChoice],
    tries: Sequence[Try],
    health: Mapping[str, AgentHealth],
    policy: AgentPolicy,
    *,
    role: str,
    key: str,
    now: datetime,
    forced: bool = False,
) -> Next:
    """Return what to do next in a step.

    Args:
        chain: the agents of the role, in order of preference.
        tries: the calls of this step so far, oldest first.
        health: by login; an agent without an entry has never failed.
        policy: the settings.
        role: the role, for `on_limit_by_role`.
        key: the key of the next call; it may have been submitted already, before a crash.
        now: the current time.
        forced: a person asked to try again now, so the first usable agent is called in any case.
    """
    if tries and REACTIONS.get(tries[-1].outcome) is Reaction.FAIL:
        return GiveUp()
    usable = [i for i in range(len(chain)) if not _is_out(i, chain, tries, policy)]
    if not usable or len(tries) >= MOST_CALLS:
        return GiveUp()
    blocks = {i: _blocked(chain[i], health, policy, key, now) for i in usable}
    first = usable[0]
    if forced or blocks[first] is None:
        return Call(first, _why_not_first(first, chain, tries, health, now))
    awake = next((i for i in usable if blocks[i] is None), None)
    return _when_first_rests(blocks, awake, chain, health, policy, role, now)


def _when_first_rests(
    blocks: Mapping[int, datetime | None],
    awake: int | None,
    chain: Sequence[AgentChoice],
    health: Mapping[str, AgentHealth],
    policy: AgentPolicy,
    role: str,
    now: datetime,
) -> Next:
    first, until = next((i, at) for i, at in blocks.items() if at is not None)
    resting = health.get(login_of(chain[first])) or AgentHealth(login=login_of(chain[first]))
    reason = why_resting(resting, until)
    is_limit = resting.outcome in _LIMITS and not resting.by_hand
    on_limit = policy.on_limit_by_role.get(role, policy.on_limit) if is_limit else OnLimit.FALLBACK
    is_soon = until <= now + timedelta(seconds=policy.max_wait_seconds)
    if is_soon and _is_pause(resting, policy):
        return WaitUntil(until, reason, awake)
    match on_limit:
        case OnLimit.HOLD:
            return WaitUntil(None, reason, awake)
        case OnLimit.WAIT:
            return WaitUntil(until, reason, awake)
        case OnLimit.FALLBACK if awake is not None:
            return Call(awake, f"{reason}, {chain[awake].agent} steps in")
        case OnLimit.FALLBACK:
            ends = [at for at in blocks.values() if at is not None]
            return WaitUntil(min(ends), reason)


def _is_pause(health: AgentHealth, policy: AgentPolicy) -> bool:
    """Return whether an agent only pauses before its call is repeated."""
    if health.by_hand:
        return False
    return health.outcome is Outcome.RATE_LIMITED or (
        health.outcome is Outcome.UNAVAILABLE and health.failures < policy.breaker_failures
    )


def why_resting(health: AgentHealth, until: datetime) -> str:
    """Return a sentence part such as `claude rests until 14:30: usage limit reached`."""
    words = f"{health.login} rests until {until.astimezone():%Y-%m-%d %H:%M}"
    return f"{words}: {health.reason}" if health.reason else words


def _why_not_first(
    index: int,
    chain: Sequence[AgentChoice],
    tries: Sequence[Try],
    health: Mapping[str, AgentHealth],
    now: datetime,
) -> str:
    if index == 0:
        return ""
    failed = next((each for each in reversed(tries) if each.index == 0), None)
    outcome = failed.outcome if failed else "not usable"
    return f"{login_of(chain[0])}: {outcome}, {chain[index].agent} steps in"


def _is_out(
    index: int, chain: Sequence[AgentChoice], tries: Sequence[Try], policy: AgentPolicy
) -> bool:
    """Return whether an agent is not called again in this step."""
    own = [each.outcome for each in tries if each.index == index]
    alone = len(chain) == 1
    counts = {outcome: own.count(outcome) for outcome in own}
    return any(
        number > _repetitions(REACTIONS.get(outcome), policy, alone=alone)
        for outcome, number in counts.items()
    )


def _repetitions(reaction: Reaction | None, policy: AgentPolicy, *, alone: bool) -> int:
    """Return how often a call may be repeated after an outcome.

    Without another agent, a call that timed out or did not start is repeated by the next attempt,
    in a clean worktree.
    """
    match reaction:
        case Reaction.RETRY:
            return policy.retries
        case Reaction.RETRY_ONCE:
            return 0 if alone else 1
        case Reaction.WAIT:
            return MOST_CALLS
        case Reaction.FALL_BACK | Reaction.FAIL | None:
            return 0


def _blocked(
    choice: AgentChoice,
    health: Mapping[str, AgentHealth],
    policy: AgentPolicy,
    key: str,
    now: datetime,
) -> datetime | None:
    """Return until when an agent may not be called, or None if it may be called now."""
    login = login_of(choice)
    known = health.get(login) or AgentHealth(login=login)
    ends: list[datetime] = []
    if known.resting_until is not None and known.is_resting(now):
        ends.append(known.resting_until)
    is_tried = known.trial not in ("", key)
    if is_tried and known.trial_until is not None and now < known.trial_until:
        ends.append(min(known.trial_until, now + timedelta(seconds=policy.first_pause_seconds)))
    for name in (login, "all"):
        rate = policy.calls_per_minute.get(name)
        bucket = health.get(name) or AgentHealth(login=name)
        if rate is not None and (left := tokens(bucket, rate, now)) < 1:
            ends.append(now + timedelta(seconds=(1 - left) * 60 / rate))
    return max(ends, default=None)
