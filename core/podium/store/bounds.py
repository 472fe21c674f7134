"""When a store turns a page; must not know what is on it."""

from dataclasses import dataclass
from datetime import timedelta

from podium.store.journal import SEGMENT_BYTES


@dataclass(frozen=True)
class Bounds:
    """When the store turns a page.

    Args:
        checkpoint_every: transactions from one checkpoint to the next.
        segment_bytes: size from which on a journal segment is not continued.
        snapshot_every: age of the newest snapshot at which the next one is due.
        journal_bytes: a journal larger than this is not kept back to the oldest snapshot.
    """

    checkpoint_every: int = 200
    segment_bytes: int = SEGMENT_BYTES
    snapshot_every: timedelta = timedelta(days=1)
    journal_bytes: int = 256 * 1024 * 1024
