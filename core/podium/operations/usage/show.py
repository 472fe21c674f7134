"""usage.show: show what agent calls used."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from pydantic import Field

from podium.entities.ledger import LedgerEntry, day_of, whole_ledger
from podium.errors import ValidationError
from podium.model.base import Frozen
from podium.model.rules.budgets import (
    Scope,
    Spent,
    Totals,
    budget_uses,
    cost_text,
    local_day,
    spent_by,
    total,
)
from podium.model.rules.moments import past_day
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation

NO_PLAN = "no plan"


class Grouping(StrEnum):
    """What the calls are grouped by."""

    DAY = "day"
    AGENT = "agent"
    PLAN = "plan"
    TASK = "task"


class ShowParams(Frozen):
    """Parameters of `usage.show`."""

    by: Grouping = Field(default=Grouping.DAY, description="group the calls")
    since: str = Field(
        default="", description="only calls since this day: `2026-12-01`, `7d`, `today`"
    )


class UsageRow(Spent):
    """What the calls of one group used."""

    name: str
    """The day, the agent, the plan, or the task as `plan/task`; a call that was for no task has its
    role instead."""
    cost: str
    """The cost for display; calls whose cost is unknown are counted as unpriced."""


class UsageTable(Frozen):
    """What agent calls used, by group."""

    by: Grouping
    since: str
    """The first day; empty if all calls are included."""
    rows: tuple[UsageRow, ...]
    """Days with the newest first, other groups by name."""
    total: UsageRow
    limits: tuple[str, ...] = ()
    """How much of each daily limit is used today, one sentence each."""


@operation("usage.show", Effect.READ)
async def show(engine: Engine, params: ShowParams) -> UsageTable:
    """Show what agent calls used, by day, agent, plan or task: calls, tokens, time and cost.

    Raises:
        ValidationError: `since` is not a day.
    """
    today = local_day(engine.clock.now())
    try:
        since = past_day(params.since, today) if params.since else None
    except ValueError as error:
        raise ValidationError(
            f"{params.since!r} is not a day in the past",
            why=str(error),
            hints=["podium usage --since 7d", f"podium usage --since {today}"],
        ) from error
    entries = list(whole_ledger(engine.store, since))
    groups: dict[str, list[LedgerEntry]] = {}
    for entry in entries:
        groups.setdefault(_NAMES[params.by](entry), []).append(entry)
    names = sorted(groups, reverse=params.by is Grouping.DAY)
    of_today = total(spent_by(each.call) for each in entries if day_of(each.call) == today)
    uses = budget_uses(engine.config.config.budget, Totals(day=of_today), {})
    return UsageTable(
        by=params.by,
        since=str(since or ""),
        rows=tuple(_row(name, groups[name]) for name in names),
        total=_row("total", entries),
        limits=tuple(each.sentence("", today) for each in uses if each.scope is Scope.DAY),
    )


_NAMES: Mapping[Grouping, Callable[[LedgerEntry], str]] = {
    Grouping.DAY: lambda entry: str(day_of(entry.call)),
    Grouping.AGENT: lambda entry: entry.call.agent,
    Grouping.PLAN: lambda entry: entry.plan_id or NO_PLAN,
    Grouping.TASK: lambda entry: f"{entry.plan_id or NO_PLAN}/{entry.task_id or entry.call.role}",
}


def _row(name: str, entries: Iterable[LedgerEntry]) -> UsageRow:
    spent = total(spent_by(each.call) for each in entries)
    return UsageRow(name=name, cost=cost_text(spent), **spent.model_dump())
