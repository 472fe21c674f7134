"""The machine's clock."""

from datetime import UTC, datetime


class SystemClock:
    """A clock that returns the system time."""

    def now(self) -> datetime:
        """Return the current time as an aware datetime in UTC."""
        return datetime.now(UTC)
