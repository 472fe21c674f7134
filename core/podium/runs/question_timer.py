"""Determines when questions time out, also if the clock is set or the machine sleeps meanwhile."""

from collections.abc import Callable, Iterable

from podium.model.questions import Question
from podium.platform.clock import elapsed_seconds
from podium.ports.clock import Clock

LOOK_SECONDS = 1.0
"""How long to sleep at most, because no timer of a process goes on while the machine sleeps."""


class QuestionTimer:
    """Remembers how long each question may still remain open.

    A question times out at its time by the wall clock. When the clock is set back, it times out
    after as many seconds as it had left.

    Args:
        clock: the wall clock.
        elapsed: returns seconds that go on during sleep, and that setting the clock does not
            change.
    """

    def __init__(self, clock: Clock, elapsed: Callable[[], float] = elapsed_seconds) -> None:
        self._clock = clock
        self._elapsed = elapsed
        self._ends: dict[str, float] = {}

    def due(self, questions: Iterable[Question]) -> list[Question]:
        """Return the open questions that have timed out."""
        return [each for each in questions if each.is_open and self._seconds_left(each) <= 0]

    def pause(self, questions: Iterable[Question]) -> float | None:
        """Return how long to sleep before looking again; None if no question has a time."""
        left = [self._seconds_left(each) for each in questions if each.is_open and each.until]
        return min(LOOK_SECONDS, *left) if left else None

    def _seconds_left(self, question: Question) -> float:
        now = self._elapsed()
        left = question.seconds_left(self._clock.now())
        end = self._ends.setdefault(question.id, now + left)
        return max(0.0, min(end - now, left))
