"""Decides whether and when to try again; must not know how attempts are carried out."""

from podium.model.agents import Outcome
from podium.model.runs import TaskRun

MAX_LOST_PROCESSES = 5
"""How often the processes of one call may die before the call counts as failed."""

MAX_UNCOUNTED = 3
"""How many attempts of a task may be repeated without counting because their worktree vanished."""

HOPELESS = frozenset(
    {
        Outcome.START_FAILED,
        Outcome.UNAUTHENTICATED,
        Outcome.INVALID_REQUEST,
        Outcome.CONTEXT_TOO_LONG,
    }
)
"""Outcomes that another attempt with the same agent would repeat."""

FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 300.0


def is_exhausted(record: TaskRun, max_attempts: int) -> bool:
    """Return whether a failed task has no attempts left."""
    return record.attempt.hopeless or counted_attempts(record) >= max_attempts


def counted_attempts(record: TaskRun) -> int:
    """Return the number of attempts, except those that failed for an outside cause."""
    return sum(each.counts for each in record.attempts)


def may_repeat_uncounted(record: TaskRun) -> bool:
    """Return whether the latest attempt may be repeated without counting, for an outside cause.

    Limited, because an agent may be the cause.
    """
    return len(record.attempts) - counted_attempts(record) < MAX_UNCOUNTED


def pause_before_retry(record: TaskRun) -> float | None:
    """Return how many seconds to wait before the next attempt; None to begin immediately.

    An agent that hit its rate limit may report how long; otherwise the pause doubles each time.
    """
    calls = record.attempt.calls
    if not calls or calls[-1].outcome is not Outcome.RATE_LIMITED:
        return None
    asked = calls[-1].retry_after_seconds
    doubled = FIRST_PAUSE_SECONDS * 2 ** (len(record.attempts) - 1)
    return min(asked if asked is not None else doubled, LONGEST_PAUSE_SECONDS)
