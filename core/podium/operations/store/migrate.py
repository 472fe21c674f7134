"""store.migrate: migrate the store to the current format."""

from pydantic import Field

from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person


class MigrateParams(Frozen):
    """Parameters of `store.migrate`."""

    dry_run: bool = Field(default=False, description="only show what would be rewritten")


class Migration(Frozen):
    """The documents that were or would be rewritten."""

    documents: tuple[str, ...]
    """Paths relative to `.podium`."""
    migrated: bool
    next: str


@operation("store.migrate", Effect.WRITE)
async def migrate(engine: Engine, params: MigrateParams) -> Migration:
    """Migrate the store and its documents to the current format, after a snapshot.

    Raises:
        StoreReadOnly: the store was written by a newer version of Podium.
        NotApproved: the requester is not a person.
        StorageError: the store is not writable.
    """
    maintenance = engine.store.maintenance
    if params.dry_run:
        found = tuple(maintenance.outdated())
        return Migration(documents=found, migrated=False, next="podium migrate")
    require_person(engine, "migrate the store")
    changed = tuple(maintenance.migrate())
    return Migration(documents=changed, migrated=True, next="podium doctor")
