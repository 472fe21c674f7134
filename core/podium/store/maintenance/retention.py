"""The retention policy: how much history to keep, and when maintenance is due."""

from dataclasses import dataclass
from datetime import timedelta

from podium.model.config import StoreConfig
from podium.store.journal.journal import SEGMENT_BYTES


@dataclass(frozen=True)
class RetentionPolicy:
    """How much history to keep, and when to run maintenance.

    Args:
        checkpoint_every: the number of transactions between checkpoints.
        segment_bytes: the size at which a journal segment is full.
        snapshot_every: the maximum age of the newest snapshot.
        journal_bytes: the maximum size of the journal; the oldest lines are pruned to meet it.
        journal_age: the age at which lines are pruned; None keeps the journal back to the oldest
            snapshot. Lines that no snapshot covers are never pruned.
    """

    checkpoint_every: int = 200
    segment_bytes: int = SEGMENT_BYTES
    snapshot_every: timedelta = timedelta(days=1)
    journal_bytes: int = 256 * 1024 * 1024
    journal_age: timedelta | None = None


def retention_policy(settings: StoreConfig) -> RetentionPolicy:
    """Return the policy that a user's settings define."""
    days = settings.journal_days
    return RetentionPolicy(
        journal_bytes=int(settings.journal_megabytes * 1024 * 1024),
        journal_age=None if days is None else timedelta(days=days),
    )
