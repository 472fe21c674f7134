"""Runs a scenario on a simulated disk that may lose its power at every change."""

from datetime import UTC, datetime
from pathlib import Path

from podium.errors import PodiumError
from tests.support import torture
from tests.support.powerloss import SimulatedDisk

FOLDER = Path("/p/.podium")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Violation(AssertionError):
    """Something that was acknowledged is lost, or the store is of no use."""


class Trial:
    """Runs a scenario once; before every change, looks at some disks that a power loss leaves.

    Args:
        per_change: how many disks at each change.
        dropped: the place of a sync that is left out.
    """

    def __init__(self, per_change: int, *, dropped: str = "") -> None:
        self.states = 0
        self.disk = SimulatedDisk(dropped, self._lose_power)
        self.disk.names["/p"] = self.disk.durable_names["/p"] = self.disk.names["/"]
        self.moment: datetime = NOON
        self._dice = torture.dice()
        self._per_change = 0
        self._wanted = per_change

    def run(self) -> None:
        """Carry the scenario out."""
        self.prepare()
        self._per_change = self._wanted
        self.work()

    def prepare(self) -> None:
        """Do what comes before, with the power on."""

    def work(self) -> None:
        """Do what the power may fail at."""
        raise NotImplementedError

    def check(self, left: SimulatedDisk) -> None:
        """Check what a power loss has left now.

        Raises:
            Violation: something acknowledged is lost, or the store is of no use.
        """
        raise NotImplementedError

    def _lose_power(self) -> None:
        for _ in range(self._per_change):
            if torture.is_over():
                return
            self.states += 1
            left = self.disk.after_power_loss(self._dice)
            try:
                self.check(left)
            except (PodiumError, OSError) as error:
                raise Violation(f"the store is of no use: {error}") from error


def expect(truth: object, message: str) -> None:
    if not truth:
        raise Violation(message)
