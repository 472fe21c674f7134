"""The machine's clock, and the time that counts for the limits of a call."""

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
    """Return seconds that go on during sleep, and that setting the clock does not change.

    Only Linux has such a clock; elsewhere the seconds pause during sleep.
    """
    clock: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class LimitClock:
    """Seconds that count for the limits of one call.

    It pauses while the machine sleeps and while the limits are suspended. The suspension is in a
    file, so every process of the call sees it. Its times are those of the system's monotonic
    clock, which all processes share; after a restart of the machine no process of the call lives.

    Args:
        path: the file; missing if the limits were never suspended.
        monotonic: the system's monotonic clock.
    """

    def __init__(self, path: Path | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._monotonic = monotonic

    def now(self) -> float:
        """Return the seconds that have counted, since an arbitrary moment."""
        now = self._monotonic()
        suspended, since = self._read()
        return now - suspended if since is None else since - suspended

    def suspend(self) -> None:
        """Stop the clock, unless it is stopped."""
        suspended, since = self._read()
        if since is None:
            self._write(suspended, self._monotonic())

    def resume(self) -> None:
        """Let the clock go on, unless it does."""
        suspended, since = self._read()
        if since is not None:
            self._write(suspended + max(0.0, self._monotonic() - since), None)

    def _read(self) -> tuple[float, float | None]:
        """Return the seconds of ended suspensions, and when the current one began or None."""
        if self._path is not None:
            # A file that a power loss left empty is as good as none.
            with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
                content = json.loads(read_file(self._path))
                since = content["since"]
                return float(content["suspended"]), None if since is None else float(since)
        return 0.0, None

    def _write(self, suspended: float, since: float | None) -> None:
        assert self._path is not None, "only a call with a file can be suspended"
        content = json.dumps({"suspended": suspended, "since": since})
        replace_file(self._path, content.encode(), mode=PRIVATE_FILE)
