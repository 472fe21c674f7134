"""Fits the limits of a call to its task: shorter than the configured ones, never longer.

All functions are pure. Their input is stored before the call is made: in the run, which keeps the
durations of earlier calls from its start, and in the task's record. A restarted runner therefore
computes the same limits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from podium.model.agents import Limits, Outcome, Role
from podium.model.plans import AgentChoice, Estimate, Task
from podium.model.runs import CacheUse, Run, TaskRun

LEAST_WALL_SECONDS = 600.0
"""The shortest maximum duration of a call; a shorter configured one applies unchanged."""
LEAST_IDLE_SECONDS = 180.0
"""The shortest maximum time without output; a shorter configured one applies unchanged."""
IDLE_SHARE = 1 / 3
"""A call may be silent for this share of its maximum duration."""

SECONDS_PER_FILE = 120.0
TIMES_THE_ESTIMATE = 2.0
"""The time allowed for a task whose estimate is certain, as a multiple of the estimate."""
TIMES_A_GUESS = 4.0
"""The same, for an estimate without any confidence."""
TIMES_THE_LONGEST = 5.0
"""The time allowed for a call, as a multiple of the longest recent one."""

MIN_CALLS = 3
"""Fewer calls say nothing about the next one."""
CALLS_KEPT = 20
"""The number of recent calls whose durations are kept, for each role and agent."""

_TELLING = frozenset({Outcome.COMPLETED, Outcome.TRUNCATED, Outcome.TIMED_OUT})
"""Outcomes of calls that ran as long as their work takes, or longer."""


@dataclass(frozen=True)
class Need:
    """Time that a call may need.

    Args:
        seconds: how long.
        reason: how this is known, in one sentence without a full stop.
    """

    seconds: float
    reason: str


@dataclass(frozen=True)
class FittedLimits:
    """The limits of one call.

    Args:
        limits: the limits.
        reason: why they are shorter than the configured ones; empty if they are not.
    """

    limits: Limits
    reason: str = ""


def fit_limits(
    configured: Limits, needs: Sequence[Need], *, least: float = LEAST_WALL_SECONDS
) -> FittedLimits:
    """Return limits that leave time for the greatest need.

    Args:
        configured: the longest limits.
        needs: what is known about the call; nothing if the configured limits apply.
        least: the shortest maximum duration in seconds, unless the configured one is shorter.
    """
    if not needs:
        return FittedLimits(configured)
    greatest = max(needs, key=lambda each: each.seconds)
    needed = max(greatest.seconds, least)
    wall = min(configured.wall_seconds, needed)
    idle = min(configured.idle_seconds, max(LEAST_IDLE_SECONDS, needed * IDLE_SHARE))
    limits = configured.model_copy(update={"wall_seconds": wall, "idle_seconds": idle})
    return FittedLimits(limits, "" if limits == configured else greatest.reason)


def call_needs(
    *, estimate: Estimate | None = None, files: int = 0, past: Sequence[float] = ()
) -> tuple[Need, ...]:
    """Return what is known about the time that a call needs.

    The number of files alone is not enough to shorten the limits, because a single file can be a
    day's work.

    Args:
        estimate: the estimate of the task.
        files: the number of files that the call is about.
        past: the durations of recent calls of the same kind, in seconds.
    """
    known: list[Need] = []
    if estimate is not None:
        unsure = 1 - estimate.confidence
        times = TIMES_THE_ESTIMATE + (TIMES_A_GUESS - TIMES_THE_ESTIMATE) * unsure
        reason = f"the task is estimated at {estimate.minutes:g} min"
        known.append(Need(estimate.minutes * 60 * times, reason))
    if len(past) >= MIN_CALLS:
        longest = max(past)
        reason = f"the last {len(past)} calls like it took at most {_span(longest)}"
        known.append(Need(longest * TIMES_THE_LONGEST, reason))
    if known:
        known.append(Need(files * SECONDS_PER_FILE, f"it is about {files} files"))
    return tuple(known)


def call_limits(
    run: Run, record: TaskRun, task: Task, role: Role, choice: AgentChoice
) -> FittedLimits:
    """Return the limits of a task's next call of an agent in a role.

    If an earlier call of the role ran out of time, the configured limits apply.
    """
    calls = [call for each in record.attempts for call in each.work]
    if any(each.role is role and each.outcome is Outcome.TIMED_OUT for each in calls):
        return FittedLimits(run.settings.limits)
    is_work = role is Role.EXECUTOR
    needs = call_needs(
        estimate=task.estimate if is_work else None,
        files=len(task.files.all if is_work else record.attempt.changed_files),
        past=run.past_calls.get(_kind(role, choice.agent), ()),
    )
    return fit_limits(run.settings.limits, needs)


def durations(records: Iterable[TaskRun]) -> dict[str, tuple[float, ...]]:
    """Return how long a run's recent calls took, in seconds, by role and agent."""
    timed = [
        (call.ended_at, call.key, call, (call.ended_at - call.started_at).total_seconds())
        for record in records
        for attempt in record.attempts
        for call in attempt.work
        if call.outcome in _TELLING and call.cache is not CacheUse.HIT
        if call.started_at is not None and call.ended_at is not None
    ]
    found: dict[str, tuple[float, ...]] = {}
    for _, _, call, seconds in sorted(timed, key=itemgetter(0, 1)):
        kind = _kind(call.role, call.agent)
        # The clock may have been set back.
        found[kind] = (*found.get(kind, ()), max(0.0, round(seconds, 1)))[-CALLS_KEPT:]
    return found


def with_durations(
    older: Mapping[str, tuple[float, ...]], newer: Mapping[str, tuple[float, ...]]
) -> dict[str, tuple[float, ...]]:
    """Return the durations of the recent calls of both, oldest first."""
    kinds = dict.fromkeys((*older, *newer))
    return {each: (*older.get(each, ()), *newer.get(each, ()))[-CALLS_KEPT:] for each in kinds}


def _kind(role: Role, agent: str) -> str:
    return f"{role}/{agent}"


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
