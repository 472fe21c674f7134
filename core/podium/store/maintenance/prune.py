"""Rotates snapshots and prunes journal segments that a retained snapshot covers."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from podium.model.events import Event, EventKind
from podium.store.disk.durable import sync_folder
from podium.store.disk.errors import storage_errors
from podium.store.journal.journal import Position, segment_name
from podium.store.maintenance.components import Components


def compact(parts: Components) -> None:
    """Remove the snapshots and journal segments that are no longer needed.

    See `Maintenance.compact`.
    """
    with storage_errors("prune the journal"):
        parts.snapshots.rotate()
        with parts.writing():
            _prune(parts)


def _prune(parts: Components) -> None:
    """Remove segments, oldest first, each durably, so that an interruption does not leave a gap."""
    removable = _removable(parts)
    if not removable:
        return
    first_kept = next(each for each in parts.journal.segments() if each > removable[-1])
    through = first_kept - 1
    event = Event(
        kind=EventKind.JOURNAL_PRUNED,
        subject="journal",
        message=f"records up to {through} are in a snapshot",
        data={"through": through, "digest": parts.journal.digest_at_end(removable[-1])},
    )
    parts.writer.commit(parts.actor, [], [event])
    for segment in removable:
        parts.fs.unlink(f"{parts.layout.journal}/{segment_name(segment)}")
        sync_folder(parts.fs, parts.layout.journal)


def _removable(parts: Components) -> list[int]:
    """Return the segments that the retained snapshots and the checkpoint make redundant."""
    mark = parts.checkpoints.mark()
    # An unreadable snapshot raises here: its lines may still be needed.
    found = map(parts.snapshots.read_or_raise, parts.snapshots.names())
    readable = [each.sequence for each in found if each is not None]
    if mark is None or not readable:
        return []
    segments = parts.journal.segments()
    horizon = min(mark.sequence, _horizon(parts, sorted(readable), segments))
    return [first for first, after in pairwise(segments) if after - 1 <= horizon]


def _horizon(parts: Components, covered: Sequence[int], segments: Sequence[int]) -> int:
    """Return the last transaction that may be pruned, by age or by size."""
    age = parts.retention.journal_age
    wanted = covered[0] if age is None else min(_by_age(parts, age, segments), covered[-1])
    return max(wanted, _by_size(parts, covered, segments))


def _by_age(parts: Components, age: timedelta, segments: Sequence[int]) -> int:
    """Return the last transaction of the segments that contain only lines older than `age`."""
    limit = parts.clock.now() - age
    last = 0
    for following in segments[1:]:
        written_at = parts.journal.timestamp_at(Position(following, 0), following)
        if written_at is None or written_at > limit:
            break
        last = following - 1
    return last


def _by_size(parts: Components, covered: Sequence[int], segments: Sequence[int]) -> int:
    """Return the oldest snapshot after which the journal is small enough; 0 if it already is."""
    limit = parts.retention.journal_bytes
    sizes = {first: parts.journal.size(first) for first in segments}
    for sequence in (0, *covered):
        start = max((first for first in segments if first <= sequence + 1), default=0)
        if sum(size for first, size in sizes.items() if first >= start) <= limit:
            return sequence
    return covered[-1]
