"""store.snapshots: list the restore points of the store."""

from datetime import datetime

from pydantic import Field

from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation


class SnapshotsParams(Frozen):
    """Parameters of `store.snapshots`."""

    make: bool = Field(default=False, description="take a snapshot now")


class SnapshotView(Frozen):
    """A saved state of the whole store."""

    sequence: int
    at: datetime
    reason: str


class SnapshotList(Frozen):
    """All snapshots, newest first, and the range of the journal."""

    snapshots: tuple[SnapshotView, ...]
    first: int
    """The first transaction that can be restored; 0 for the beginning."""
    last: int
    """The latest transaction."""


@operation("store.snapshots", Effect.WRITE)
async def snapshots(engine: Engine, params: SnapshotsParams) -> SnapshotList:
    """List snapshots and other restore points, or take a snapshot.

    Raises:
        StorageError: the folder is unreadable or not writable.
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
