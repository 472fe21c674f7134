"""Turns the store's pages: a checkpoint now and then, a snapshot and the day's care once a day.

What is committed is safe without any of it, so failing is no error here. Must not know documents.
"""

import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from podium.errors import ProjectNotFound, StorageError
from podium.ports.clock import Clock
from podium.ports.filesystem import FileSystem
from podium.store.bounds import Bounds
from podium.store.layout import Places
from podium.store.lock import StoreLock
from podium.store.replica import Replica
from podium.store.snapshots import Snapshots
from podium.store.writer import Writer

if TYPE_CHECKING:
    from podium.store.upkeep import Upkeep


class Pages:
    """When a page is turned, and how.

    Args:
        fs: the file operations.
        places: where the store lies.
        bounds: when a page is full.
        clock: tells the day.
        replica: the committed contents.
        writer: makes files durable.
        snapshots: those that there are.
        writing: holds the writers' lock, caught up, for the length of a block.
        upkeep: makes snapshots; loaded only when one is due.
    """

    def __init__(
        self,
        fs: FileSystem,
        places: Places,
        bounds: Bounds,
        clock: Clock,
        replica: Replica,
        writer: Writer,
        snapshots: Snapshots,
        writing: Callable[[], AbstractContextManager[Sequence[str]]],
        upkeep: Callable[[], "Upkeep"],
    ) -> None:
        self._lock = StoreLock(fs, places.checkpoint_lock)
        self._bounds = bounds
        self._clock = clock
        self._replica = replica
        self._writer = writer
        self._snapshots = snapshots
        self._writing = writing
        self._upkeep = upkeep
        self._tried = 0
        self.each_day: Callable[[], None] | None = None
        """What else is done behind each daily snapshot."""

    def turn_when_due(self) -> None:
        """Make a checkpoint when enough was written since the last one."""
        sequence = self._replica.state.sequence
        recent = self._tried if self._tried <= sequence else 0
        if sequence >= max(self._replica.marked, recent) + self._bounds.checkpoint_every:
            self.turn()

    def turn(self) -> None:
        """Try to move the mark.

        Syncing hundreds of files takes long, so it is begun before other writers are kept waiting,
        and by one process at a time.
        """
        self._tried = self._replica.state.sequence
        with (
            contextlib.suppress(OSError, StorageError, ProjectNotFound),
            self._lock.held(0.0),
        ):
            with contextlib.suppress(OSError):
                self._writer.sync_ahead()
            with self._writing():
                self._writer.checkpoint()
            self._end_day_when_due()

    def _end_day_when_due(self) -> None:
        """Keep a snapshot now and then; the checkpoint's lock is held: one process at a time."""
        names = self._snapshots.names()
        if names and abs(self._clock.now() - names[0].at) < self._bounds.snapshot_every:
            return
        upkeep = self._upkeep()
        if upkeep.is_due(self._bounds.snapshot_every):
            upkeep.snapshot("daily")
            upkeep.tidy()
            if self.each_day is not None:
                self.each_day()
