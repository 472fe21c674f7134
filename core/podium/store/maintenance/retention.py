"""When a store turns a page; must not know what is on it."""

from dataclasses import dataclass
from datetime import timedelta

from podium.model.config import StoreConfig
from podium.store.journal.journal import SEGMENT_BYTES


@dataclass(frozen=True)
class RetentionPolicy:
    """When the store turns a page.

    Args:
        checkpoint_every: transactions from one checkpoint to the next.
        segment_bytes: size from which on a journal segment is not continued.
        snapshot_every: age of the newest snapshot at which the next one is due.
        journal_bytes: a journal larger than this loses its oldest lines earlier.
        journal_age: lines older than this go, younger ones stay; None keeps the journal back to
            the oldest snapshot. Only what a snapshot holds ever goes.
    """

    checkpoint_every: int = 200
    segment_bytes: int = SEGMENT_BYTES
    snapshot_every: timedelta = timedelta(days=1)
    journal_bytes: int = 256 * 1024 * 1024
    journal_age: timedelta | None = None


def retention_policy(settings: StoreConfig) -> RetentionPolicy:
    """Return the bounds that a person's settings ask for."""
    days = settings.journal_days
    return RetentionPolicy(
        journal_bytes=int(settings.journal_megabytes * 1024 * 1024),
        journal_age=None if days is None else timedelta(days=days),
    )
