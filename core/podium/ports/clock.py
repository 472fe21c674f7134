"""The time, so that tests can set it."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time of day."""

    def now(self) -> datetime:
        """Return the present moment, in UTC with its zone."""
        ...
