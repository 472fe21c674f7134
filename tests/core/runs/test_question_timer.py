"""When questions time out: by wall time, whatever is done to the clock."""

from datetime import UTC, datetime, timedelta

import pytest

from podium.model.questions import Question
from podium.runs.question_timer import LOOK_SECONDS, QuestionTimer
from tests.core.store.samples import StoppedClock

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = 3600.0
ASKED = Question(
    id="q-1",
    kind="limit",
    about="r-1/a",
    text="Wait",
    asked_at=NOON,
    until=NOON + timedelta(seconds=60),
)


class Machine:
    """A machine whose time a test moves.

    Args:
        started: seconds after the question was asked at which the runner started.
    """

    def __init__(self, started: float = 0.0) -> None:
        self._clock = StoppedClock(NOON + timedelta(seconds=started))
        self._elapsed = 0.0
        self.restart_runner()

    def restart_runner(self) -> None:
        """Forget what the runner knew."""
        self.timer = QuestionTimer(self._clock, lambda: self._elapsed)
        self.timer.due([ASKED])

    def pass_time(self, seconds: float) -> None:
        """Let time pass, awake or asleep."""
        self._elapsed += seconds
        self.set_clock(seconds)

    def set_clock(self, seconds: float) -> None:
        """Set the clock forward or back."""
        self._clock.moment += timedelta(seconds=seconds)

    @property
    def is_due(self) -> bool:
        return self.timer.due([ASKED]) == [ASKED]


@pytest.mark.promise("R7.waits")
@pytest.mark.parametrize("at", [0.0, 20.0, 59.0])
@pytest.mark.parametrize("back", [30.0, HOUR, 24 * HOUR])
def test_a_clock_set_back_neither_ends_nor_extends_a_wait(at: float, back: float) -> None:
    machine = Machine()
    machine.pass_time(at)
    machine.set_clock(-back)
    assert not machine.is_due
    machine.pass_time(59.5 - at)
    assert not machine.is_due
    machine.pass_time(0.5)
    assert machine.is_due


@pytest.mark.promise("R7.waits")
def test_a_runner_that_starts_after_the_clock_was_set_back_waits_as_long_as_was_asked() -> None:
    machine = Machine()
    machine.set_clock(-24 * HOUR)
    machine.restart_runner()
    machine.pass_time(59)
    assert not machine.is_due
    machine.pass_time(1)
    assert machine.is_due


@pytest.mark.promise("R7.waits")
def test_time_during_sleep_and_between_runners_counts() -> None:
    machine = Machine()
    assert machine.timer.pause([ASKED]) == LOOK_SECONDS
    machine.pass_time(59.75)
    assert machine.timer.pause([ASKED]) == 0.25
    machine.restart_runner()
    assert machine.timer.pause([ASKED]) == 0.25
    machine.pass_time(HOUR)
    assert machine.is_due


def test_a_clock_set_forward_for_a_moment_ends_nothing_early() -> None:
    machine = Machine()
    machine.set_clock(50)
    assert not machine.is_due
    machine.set_clock(-50)
    machine.pass_time(59)
    assert not machine.is_due


def test_questions_without_a_time_and_ended_ones_are_not_watched() -> None:
    timer = QuestionTimer(StoppedClock(NOON + timedelta(days=1)), lambda: 0.0)
    timeless = ASKED.model_copy(update={"until": None})
    ended = ASKED.model_copy(update={"ended_at": NOON})
    assert timer.due([timeless, ended]) == []
    assert timer.pause([timeless, ended]) is None
