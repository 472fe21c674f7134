"""Schedules maintenance: periodic checkpoints, and once a day a snapshot plus housekeeping.

Commits are safe without it, so its failures are ignored.
"""

import contextlib
from collections.abc import Callable

from podium.errors import ProjectNotFound, StorageError
from podium.store.locking.file_lock import FileLock
from podium.store.maintenance.components import Components


class CheckpointScheduler:
    """Decides when maintenance is due, and runs it.

    Args:
        parts: the store's parts.
    """

    def __init__(self, parts: Components) -> None:
        self._parts = parts
        self._lock = FileLock(parts.fs, parts.layout.checkpoint_lock)
        self._tried = 0
        self.daily_task: Callable[[], None] | None = None
        """Runs after each daily snapshot."""

    def checkpoint_if_due(self) -> None:
        """Make a checkpoint if enough has been written since the last one."""
        replica = self._parts.replica
        sequence = replica.state.sequence
        recent = self._tried if self._tried <= sequence else 0
        if (
            sequence
            >= max(replica.checkpoint_sequence, recent) + self._parts.retention.checkpoint_every
        ):
            self.checkpoint()

    def checkpoint(self) -> None:
        """Try to make a checkpoint.

        Syncing hundreds of files is slow, so most of it happens before the write lock is taken.
        Only one process does it at a time.
        """
        parts = self._parts
        self._tried = parts.replica.state.sequence
        with (
            contextlib.suppress(OSError, StorageError, ProjectNotFound),
            self._lock.held(0.0),
        ):
            with contextlib.suppress(OSError):
                parts.writer.presync()
            with parts.writing():
                parts.writer.checkpoint()
            self._run_daily_task_if_due()

    def _run_daily_task_if_due(self) -> None:
        """Make the daily snapshot if it is due; the checkpoint lock admits only one process."""
        parts = self._parts
        names = parts.snapshots.names()
        if names and abs(parts.clock.now() - names[0].at) < parts.retention.snapshot_every:
            return
        # Loaded on demand: most checkpoints do not need it.
        from podium.store.maintenance.maintenance import Maintenance

        maintenance = Maintenance(parts)
        if maintenance.is_snapshot_due(parts.retention.snapshot_every):
            maintenance.snapshot("daily")
            maintenance.compact()
            if self.daily_task is not None:
                self.daily_task()
