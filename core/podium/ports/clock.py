"""The interface of a clock, so that tests can set the time."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Returns the current time."""

    def now(self) -> datetime:
        """Return the current time as an aware datetime in UTC."""
        ...
