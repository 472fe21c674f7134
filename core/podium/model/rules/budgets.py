"""Adds up what calls used, and compares it with the limits; independent of where calls are stored.

A limit is reached when the calls that have ended used all of it. No further call starts then, so
the limit can be exceeded only by the calls that were under way.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from podium.model.agents import Billing, Budget, BudgetSettings, CallBudget, Outcome
from podium.model.base import Frozen
from podium.model.runs import AgentCall, CacheUse
from podium.words import counted

RAISE, FINISH, STOP = "raise", "finish", "stop"
"""The answers to the question at a limit; see also `raise_answer`."""

_RAISE = re.compile(rf"{RAISE}(?:-(\d+))?")


class Scope(StrEnum):
    """The calls that share a limit."""

    CALL = "call"
    TASK = "task"
    RUN = "run"
    DAY = "day"


class Measure(StrEnum):
    """What a limit is about."""

    USD = "usd"
    TOKENS = "tokens"
    CALLS = "calls"
    MINUTES = "minutes"


class Spent(Frozen):
    """What calls used."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    minutes: float = 0.0
    usd: float = 0.0
    """Cost of the calls that are metered or whose billing is unknown."""
    unpriced: int = 0
    """Number of those calls whose cost is unknown, so that it is not in `usd`."""
    subscription_calls: int = 0
    subscription_usd: float = 0.0
    """What the calls of subscriptions would cost if they were metered, as far as it is known."""

    def amount(self, measure: Measure) -> float:
        """Return how much counts towards a limit."""
        match measure:
            case Measure.USD:
                return self.usd
            case Measure.TOKENS:
                return self.input_tokens + self.output_tokens
            case Measure.CALLS:
                return self.calls
            case Measure.MINUTES:
                return self.minutes


_NOTHING = Spent()


@dataclass(frozen=True)
class Totals:
    """What was used, by scope, from the point of view of one task.

    Args:
        call: the most that a single call of the run used, by measure.
        task: the calls of the task.
        run: the calls of the run.
        day: the calls of the day.
    """

    call: Spent = _NOTHING
    task: Spent = _NOTHING
    run: Spent = _NOTHING
    day: Spent = _NOTHING

    def of(self, scope: Scope) -> Spent:
        """Return what was used in a scope."""
        return {
            Scope.CALL: self.call,
            Scope.TASK: self.task,
            Scope.RUN: self.run,
            Scope.DAY: self.day,
        }[scope]


@dataclass(frozen=True)
class BudgetUse:
    """How much of one limit is used.

    Args:
        scope: the calls that share the limit.
        measure: what the limit is about.
        step: the limit in the settings; each raise adds it again.
        limit: the limit that applies.
        used: how much is used.
    """

    scope: Scope
    measure: Measure
    step: float
    limit: float
    used: float

    @property
    def is_reached(self) -> bool:
        """Whether no further call may start."""
        return self.used > self.limit if self.scope is Scope.CALL else self.used >= self.limit

    def sentence(self, task_id: str, day: date) -> str:
        """Return a sentence such as `the run has used 1.20 of 1.00 USD`."""
        subject = {
            Scope.CALL: "one call",
            Scope.TASK: f"task {task_id}",
            Scope.RUN: "the run",
            Scope.DAY: f"{day:%Y-%m-%d}",
        }[self.scope]
        used = amount_text(self.measure, self.used).partition(" ")[0]
        return f"{subject} has used {used} of {amount_text(self.measure, self.limit)}"


_FIGURES = tuple(Spent.model_fields)


def spent_by(call: AgentCall) -> Spent:
    """Return what one call used; a reply from the cache uses nothing."""
    if call.cache is CacheUse.HIT:
        return _NOTHING
    usage, flat = call.usage, call.billing is Billing.SUBSCRIPTION
    has_started = call.outcome is not Outcome.START_FAILED
    return Spent(
        calls=1,
        input_tokens=usage.input_tokens or 0,
        output_tokens=usage.output_tokens or 0,
        minutes=_minutes(call.started_at, call.ended_at),
        usd=0.0 if flat else usage.cost_usd or 0.0,
        unpriced=int(usage.cost_usd is None and has_started and not flat),
        subscription_calls=int(flat),
        subscription_usd=(usage.cost_usd or 0.0) if flat else 0.0,
    )


def total(parts: Iterable[Spent]) -> Spent:
    """Return what several calls used together."""
    listed = list(parts)
    return Spent(**{name: sum(getattr(each, name) for each in listed) for name in _FIGURES})


def largest(parts: Iterable[Spent]) -> Spent:
    """Return the largest value of each figure."""
    listed = list(parts)
    return Spent(**{name: max((getattr(e, name) for e in listed), default=0) for name in _FIGURES})


def scaled(spent: Spent, factor: float) -> Spent:
    """Return what a share or a multiple of calls would use; counts are rounded."""
    figures = {name: getattr(spent, name) * factor for name in _FIGURES}
    whole = {name: round(figures[name]) for name, value in spent if isinstance(value, int)}
    return Spent(**{**figures, **whole})


def budget_uses(
    budget: BudgetSettings, totals: Totals, raises: Mapping[tuple[Scope, Measure], int]
) -> tuple[BudgetUse, ...]:
    """Return how much of each limit is used.

    Args:
        budget: the limits.
        totals: what was used.
        raises: how often a person raised a limit.
    """
    found: list[BudgetUse] = []
    for scope in Scope:
        for measure in Measure:
            if (step := _limit(_budget(budget, scope), measure)) is None:
                continue
            limit = step * (1 + raises.get((scope, measure), 0))
            used = totals.of(scope).amount(measure)
            found.append(BudgetUse(scope, measure, step, limit, used))
    return tuple(found)


def first_reached(uses: Iterable[BudgetUse]) -> BudgetUse | None:
    """Return the first limit at which no further call may start, or None."""
    return next((each for each in uses if each.is_reached), None)


def near_limit(uses: Iterable[BudgetUse], warn_at: float) -> tuple[BudgetUse, ...]:
    """Return the limits of which at least this share is used."""
    return tuple(each for each in uses if each.used >= warn_at * each.limit)


def newly_near(
    before: Iterable[BudgetUse], after: Iterable[BudgetUse], warn_at: float
) -> tuple[BudgetUse, ...]:
    """Return the limits that a call brought near their end."""
    known = {(each.scope, each.measure) for each in near_limit(before, warn_at)}
    return tuple(
        each for each in near_limit(after, warn_at) if (each.scope, each.measure) not in known
    )


def steps_beyond(use: BudgetUse) -> int:
    """Return how many times a limit must be added for the next call to start."""
    steps = max(1, math.floor((use.used - use.limit) / use.step) + 1)
    # The quotient of two decimal fractions may be rounded down to the limit itself.
    return steps if use.used < use.limit + steps * use.step else steps + 1


def raise_answer(steps: int) -> str:
    """Return the answer that adds a limit a number of times: `raise`, `raise-5`."""
    return RAISE if steps == 1 else f"{RAISE}-{steps}"


def raised_by(answer: str) -> int:
    """Return how many times an answer adds the limit; 0 if it does not raise it."""
    found = _RAISE.fullmatch(answer)
    return int(found[1] or 1) if found else 0


def question_key(scope: Scope, measure: Measure, day: date) -> str:
    """Return what identifies the question at a limit; a daily limit is a new one each day."""
    return f"{scope}.{day:%Y-%m-%d}.{measure}" if scope is Scope.DAY else f"{scope}.{measure}"


def local_day(moment: datetime) -> date:
    """Return the day of a moment, in local time."""
    return moment.astimezone().date()


def amount_text(measure: Measure, amount: float) -> str:
    """Return an amount such as `1.20 USD`."""
    match measure:
        case Measure.USD:
            return f"{_cents(amount)} USD"
        case Measure.TOKENS:
            return f"{amount:,.0f} tokens"
        case Measure.CALLS:
            return counted(round(amount), "call")
        case Measure.MINUTES:
            return f"{amount:.3g} min"


def _cents(amount: float) -> str:
    """Return an amount of money with at least two decimal places, and at most four."""
    text = f"{amount:.4f}"
    return text[:-2] + text[-2:].rstrip("0")


def minutes_text(minutes: float) -> str:
    """Return how long calls took, in whole minutes."""
    return f"{minutes:.0f} min" if minutes >= 1 else "less than a minute"


def cost_text(spent: Spent) -> str:
    """Return the cost of calls; an unknown one is called unpriced, never 0."""
    priced = spent.calls - spent.unpriced - spent.subscription_calls
    parts = [
        amount_text(Measure.USD, spent.usd) if priced > 0 else "",
        f"{counted(spent.unpriced, 'call')} unpriced" if spent.unpriced else "",
        _subscription_text(spent),
    ]
    return ", ".join(part for part in parts if part)


def _subscription_text(spent: Spent) -> str:
    if not spent.subscription_calls:
        return ""
    worth = f" (worth {amount_text(Measure.USD, spent.subscription_usd)})"
    calls = counted(spent.subscription_calls, "call")
    return f"{calls} by subscription{worth if spent.subscription_usd else ''}"


def _budget(budget: BudgetSettings, scope: Scope) -> CallBudget | Budget:
    scopes: Mapping[Scope, CallBudget | Budget] = {
        Scope.CALL: budget.call,
        Scope.TASK: budget.task,
        Scope.RUN: budget.run,
        Scope.DAY: budget.day,
    }
    return scopes[scope]


def _limit(budget: CallBudget | Budget, measure: Measure) -> float | None:
    value: float | None = getattr(budget, measure, None)
    return value


def _minutes(start: datetime | None, end: datetime | None) -> float:
    if start is None or end is None:
        return 0.0
    return max(0.0, (end - start).total_seconds()) / 60  # the clock may have been set back
