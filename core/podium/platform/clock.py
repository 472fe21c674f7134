"""The machine's clock, and the time that counts toward a call's limits."""

import contextlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from podium.platform.atomic_write import replace_file
from podium.platform.owned_files import read_file
from podium.ports.filesystem import PRIVATE_FILE


class SystemClock:
    """A clock that returns the system time."""

    def now(self) -> datetime:
        """Return the current time as an aware datetime in UTC."""
        return datetime.now(UTC)


def elapsed_seconds() -> float:
    """Return a time in seconds that advances during sleep and ignores changes of the clock.

    Only Linux has such a clock; on other systems the clock stops during sleep.
    """
    clock: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class LimitClock:
    """The clock of one call's limits, in seconds.

    It stops while the machine sleeps and while the limits are suspended. The suspension is stored
    in a file, so every process of the call sees it. Its times come from the system's monotonic
    clock, which all processes share; no process of the call survives a restart of the machine.

    Args:
        path: the file; missing if the limits were never suspended.
        monotonic: the system's monotonic clock.
    """

    def __init__(self, path: Path | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._monotonic = monotonic

    def now(self) -> float:
        """Return the seconds counted so far, from an arbitrary starting point."""
        now = self._monotonic()
        suspended, since = self._read()
        return now - suspended if since is None else since - suspended

    def suspend(self) -> None:
        """Stop the clock, unless it is already stopped."""
        suspended, since = self._read()
        if since is None:
            self._write(suspended, self._monotonic())

    def resume(self) -> None:
        """Restart the clock, unless it is running."""
        suspended, since = self._read()
        if since is not None:
            self._write(suspended + max(0.0, self._monotonic() - since), None)

    def _read(self) -> tuple[float, float | None]:
        """Return the total seconds of past suspensions, and when the current one began or None."""
        if self._path is not None:
            # A power loss may leave the file empty, which counts as missing.
            with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
                content = json.loads(read_file(self._path))
                since = content["since"]
                return float(content["suspended"]), None if since is None else float(since)
        return 0.0, None

    def _write(self, suspended: float, since: float | None) -> None:
        assert self._path is not None, "only a call with a file can be suspended"
        content = json.dumps({"suspended": suspended, "since": since})
        replace_file(self._path, content.encode(), mode=PRIVATE_FILE)
