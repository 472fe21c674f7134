"""The machine's clock."""

from datetime import UTC, datetime


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment, in UTC with its zone."""
        return datetime.now(UTC)
