"""store.snapshots: the moments that the store can go back to."""

from datetime import datetime

from pydantic import Field

from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation


class SnapshotsParams(Frozen):
    """What is asked."""

    make: bool = Field(default=False, description="make one now")


class SnapshotView(Frozen):
    """A whole state of the store."""

    sequence: int
    at: datetime
    reason: str


class SnapshotList(Frozen):
    """All snapshots, newest first, and what the journal reaches."""

    snapshots: tuple[SnapshotView, ...]
    first: int
    """The first transaction that can be restored; 0 for the beginning."""
    last: int
    """The present one."""


@operation("store.snapshots", Effect.WRITE)
async def snapshots(engine: Engine, params: SnapshotsParams) -> SnapshotList:
    """List the snapshots and what else can be restored, or make a snapshot.

    Raises:
        StorageError: the folder cannot be listed or written.
    """
    maintenance = engine.store.maintenance
    if params.make:
        maintenance.snapshot("asked-for")
        maintenance.compact()
    points = maintenance.restore_points()
    return SnapshotList(
        snapshots=tuple(
            SnapshotView(sequence=each.sequence, at=each.at, reason=each.reason)
            for each in points.snapshots
        ),
        first=points.first,
        last=points.last,
    )
