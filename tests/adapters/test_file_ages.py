"""How long ago a file changed, in seconds that count for the limits."""

import pytest

from podium_adapters.process import FileAges

NIGHT = 8 * 3600.0


class Machine:
    """A machine whose clocks a test moves."""

    def __init__(self) -> None:
        self.now, self.wall = 50.0, 1_000_000.0
        self.ages = FileAges(lambda: self.now, lambda: self.wall)

    def pass_time(self, seconds: float, *, counted: float | None = None) -> None:
        """Let time pass, of which all or a part counts."""
        self.now += seconds if counted is None else counted
        self.wall += seconds
        self.ages.note()

    def change(self) -> float:
        """Return the time of a change that happens now."""
        return self.wall


@pytest.mark.promise("G6")
def test_time_that_counts_makes_a_change_older() -> None:
    machine = Machine()
    machine.pass_time(10)
    changed = machine.change()
    machine.pass_time(4)
    assert machine.ages.age_of(changed) == 4


@pytest.mark.promise("G6")
def test_the_sleep_of_the_machine_makes_no_change_older() -> None:
    machine = Machine()
    machine.pass_time(10)
    changed = machine.change()
    machine.pass_time(3)
    machine.pass_time(NIGHT, counted=0)
    machine.pass_time(2)
    assert machine.ages.age_of(changed) == 5


@pytest.mark.promise("G6")
@pytest.mark.parametrize("jump", [-NIGHT, NIGHT])
def test_a_clock_that_is_set_makes_no_change_older_or_newer(jump: float) -> None:
    machine = Machine()
    machine.pass_time(10)
    changed = machine.change()
    machine.pass_time(3)
    machine.wall += jump
    machine.pass_time(2)
    assert machine.ages.age_of(changed) == 5
    assert machine.ages.age_of(machine.change()) == 0


def test_a_change_while_the_limits_are_suspended_counts_as_one_at_their_end() -> None:
    machine = Machine()
    machine.pass_time(10)
    for _ in range(1000):
        machine.pass_time(1, counted=0)
    changed = machine.change()
    for _ in range(1000):
        machine.pass_time(1, counted=0)
    machine.pass_time(6)
    assert machine.ages.age_of(changed) == 6


def test_what_changed_before_the_call_is_older_than_everything() -> None:
    machine = Machine()
    before = machine.change() - 100
    machine.pass_time(10)
    assert machine.ages.age_of(before) == float("inf")


def test_many_jumps_are_not_kept_for_ever() -> None:
    machine = Machine()
    for _ in range(1000):
        machine.wall += 5
        machine.pass_time(1)
    machine.pass_time(3)
    assert machine.ages.age_of(machine.change() - 2) == 2
