"""Determines when questions time out, even if the clock is set or the machine sleeps."""

from collections.abc import Callable, Iterable

from podium.model.questions import Question
from podium.platform.clock import elapsed_seconds
from podium.ports.clock import Clock

LOOK_SECONDS = 1.0
"""Maximum time to sleep, because a process's timers stop while the machine sleeps."""


class QuestionTimer:
    """Tracks how much time is left for each question.

    A question times out at its deadline by the wall clock. If the clock is set back, the question
    still times out after the number of seconds that it had left.

    Args:
        clock: the wall clock.
        elapsed: returns seconds that continue during sleep, and that are unaffected when the clock
            is set.
    """

    def __init__(self, clock: Clock, elapsed: Callable[[], float] = elapsed_seconds) -> None:
        self._clock = clock
        self._elapsed = elapsed
        self._ends: dict[str, float] = {}

    def due(self, questions: Iterable[Question]) -> list[Question]:
        """Return the open questions that have timed out."""
        return [each for each in questions if each.is_open and self._seconds_left(each) <= 0]

    def pause(self, questions: Iterable[Question]) -> float | None:
        """Return how long to sleep before checking again; None if no question has a deadline."""
        left = [self._seconds_left(each) for each in questions if each.is_open and each.until]
        return min(LOOK_SECONDS, *left) if left else None

    def _seconds_left(self, question: Question) -> float:
        now = self._elapsed()
        left = question.seconds_left(self._clock.now())
        end = self._ends.setdefault(question.id, now + left)
        return max(0.0, min(end - now, left))
