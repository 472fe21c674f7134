"""Decides whether and when to try again; independent of how attempts are carried out."""

from podium.model.agents import Outcome
from podium.model.runs import TaskRun

MAX_LOST_PROCESSES = 5
"""How often the processes of one call may die before the call counts as failed."""

MAX_UNCOUNTED = 3
"""Maximum number of attempts per task that are repeated without being counted.

They failed for an outside cause, such as a vanished worktree.
"""

HOPELESS = frozenset(
    {
        Outcome.START_FAILED,
        Outcome.UNAUTHENTICATED,
        Outcome.INVALID_REQUEST,
        Outcome.CONTEXT_TOO_LONG,
    }
)
"""Outcomes that another attempt with the same agent would repeat."""


def is_exhausted(record: TaskRun, max_attempts: int) -> bool:
    """Return whether a failed task has no attempts left."""
    return record.attempt.hopeless or counted_attempts(record) >= max_attempts


def counted_attempts(record: TaskRun) -> int:
    """Return the number of attempts, except those that failed for an outside cause."""
    return sum(each.counts for each in record.attempts)


def may_repeat_uncounted(record: TaskRun) -> bool:
    """Return whether an outside cause failed the latest attempt, so it may be repeated uncounted.

    Limited, because an agent may be the cause.
    """
    return len(record.attempts) - counted_attempts(record) < MAX_UNCOUNTED
