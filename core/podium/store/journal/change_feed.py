"""The change feed: follows the journal, no matter which process writes to it.

File events only wake the reader sooner. Changes are read from the journal itself, and a slow poll
covers lost events, so nothing is missed.
"""

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable

import anyio
import anyio.to_thread
from watchfiles import awatch  # pyright: ignore[reportUnknownVariableType] - names trio types

from podium.errors import StoreCorrupted
from podium.store.journal.journal import Journal, JournalReplaced, Position
from podium.store.journal.record import Change, Cursor, change_of

_DEBOUNCE_MS = 20
_STEP_MS = 5
_IDLE_STEP_MS = 25
"""The watcher's polling interval after a period without writes."""

_QUIET_WAKEUPS = 5
_RESCAN_MS = 200
"""The polling interval if file events are not available."""

_FALLBACK_MS = 1000
"""The polling interval in addition to file events; long, so that an idle follower costs little."""


class ChangeFeed:
    """Reads the transactions that were committed after a cursor.

    Args:
        journal: the journal to read.
        cursor: the last change that the reader has seen.
        make_reset: creates the change that tells the reader to read all documents again; used if
            the cursor is outside the range of the journal.
    """

    def __init__(self, journal: Journal, cursor: Cursor, make_reset: Callable[[], Change]) -> None:
        self._journal = journal
        self._known = cursor.sequence
        self._make_reset = make_reset
        self._place: tuple[Position, int] | None = None

    def read(self) -> list[Change]:
        """Return the changes since the last call.

        Raises:
            StoreCorrupted: an acknowledged line is damaged.
        """
        try:
            place = self._place or self._locate()
            return self._read_behind(place) if self._journal.has_more(*place) else []
        except JournalReplaced:
            reset = self._make_reset()
            self._known, self._place = reset.sequence, None
            return [reset]

    def _read_behind(self, place: tuple[Position, int]) -> list[Change]:
        changes: list[Change] = []
        try:
            for located in self._journal.follow(*place):
                self._place = located.end, located.record.sequence
                if located.record.sequence > self._known:
                    self._known = located.record.sequence
                    changes.append(change_of(located.record))
        except StoreCorrupted:
            if not self._journal.holds(place[0]):
                raise JournalReplaced from None
            if not changes:
                raise
        return changes

    def _locate(self) -> tuple[Position, int]:
        """Return the start of the segment that contains the cursor.

        Raises:
            JournalReplaced: the journal no longer contains the cursor, or never did.
        """
        position, sequence = self._journal.beginning()
        if self._known < sequence:
            raise JournalReplaced
        for first in self._journal.segments():
            if first <= self._known + 1:
                position, sequence = Position(first, 0), first - 1
        if not self._reaches(position, sequence):
            raise JournalReplaced
        return position, sequence

    def _reaches(self, position: Position, sequence: int) -> bool:
        """Return whether the journal contains the cursor's transaction."""
        if sequence >= self._known:
            return True
        followed = self._journal.follow(position, sequence)
        return any(located.record.sequence == self._known for located in followed)


async def follow_changes(
    feed: ChangeFeed, folder: str, pause: float = 0.0
) -> AsyncIterator[Change]:
    """Yield changes forever, each as soon as it is readable.

    Args:
        feed: the feed to read.
        folder: the journal's folder, watched for file events.
        pause: seconds to wait after a change, so that changes in quick succession are read
            together.
    """
    async with contextlib.aclosing(_wakeups(folder)) as wakeups:
        while True:
            for change in await anyio.to_thread.run_sync(feed.read):
                yield change
            await anext(wakeups)
            if pause:
                await anyio.sleep(pause)


async def _wakeups(folder: str) -> AsyncGenerator[None, None]:
    """Yield whenever something may have been written, and periodically in any case."""
    # Poll if the folder is missing, or if there are too many watches, files or threads (the watcher
    # has its own errors for the last two).
    with contextlib.suppress(OSError, RuntimeError):
        step, quiet = _STEP_MS, 0
        while True:
            async with contextlib.aclosing(_file_events(folder, step)) as events:
                async for is_news in events:
                    yield
                    quiet = 0 if is_news else quiet + 1
                    wanted = _STEP_MS if quiet < _QUIET_WAKEUPS else _IDLE_STEP_MS
                    if wanted != step:
                        step = wanted
                        break
    while True:
        await anyio.sleep(_RESCAN_MS / 1000)
        yield


async def _file_events(folder: str, step: int) -> AsyncGenerator[bool, None]:
    """Yield True after each file event and False after each quiet period."""
    events = awatch(
        folder,
        watch_filter=None,
        debounce=_DEBOUNCE_MS,
        step=step,
        rust_timeout=_FALLBACK_MS,
        yield_on_timeout=True,
        recursive=False,
    )
    async with contextlib.aclosing(events):
        async for found in events:
            yield bool(found)
