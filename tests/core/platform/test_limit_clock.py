"""The seconds that count for the limits of a call."""

from pathlib import Path

import pytest

from podium.platform.clock import LimitClock


class Machine:
    """The monotonic clock of a machine, which a test moves."""

    def __init__(self, path: Path | None) -> None:
        self.seconds = 100.0
        self._path = path

    def clock(self) -> LimitClock:
        """Return the clock of another process."""
        return LimitClock(self._path, lambda: self.seconds)

    def pass_time(self, seconds: float) -> float:
        """Let time pass; return how much of it counted, on which all processes agree."""
        before = self.clock().now()
        self.seconds += seconds
        return self.clock().now() - before


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "limits.json")


@pytest.mark.promise("G6")
def test_it_stands_still_between_suspension_and_resumption(machine: Machine) -> None:
    assert machine.pass_time(5) == 5
    machine.clock().suspend()
    assert machine.pass_time(7) == 0
    machine.clock().suspend()
    assert machine.pass_time(2) == 0
    machine.clock().resume()
    machine.clock().resume()
    assert machine.pass_time(3) == 3
    machine.clock().suspend()
    assert machine.pass_time(1) == 0
    machine.clock().resume()
    assert machine.pass_time(1) == 1
    assert machine.clock().now() == 100 + 5 + 3 + 1


def test_it_never_jumps_when_it_is_suspended_or_resumed(machine: Machine) -> None:
    before = machine.clock().now()
    machine.clock().suspend()
    assert machine.clock().now() == before
    machine.pass_time(9)
    machine.clock().resume()
    assert machine.clock().now() == before


def test_without_a_file_every_second_counts() -> None:
    assert Machine(None).pass_time(4) == 4


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"suspended": 1'])
def test_a_file_that_a_power_loss_damaged_is_as_good_as_none(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "limits.json"
    path.write_bytes(content)
    assert Machine(path).pass_time(4) == 4


def test_after_a_restart_of_the_machine_it_can_be_resumed(machine: Machine) -> None:
    machine.clock().suspend()
    machine.seconds = 3.0
    assert machine.pass_time(5) == 0
    machine.clock().resume()
    assert machine.pass_time(5) == 5
