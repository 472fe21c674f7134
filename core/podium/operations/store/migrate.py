"""store.migrate: bring the store to the present format."""

from pydantic import Field

from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person


class MigrateParams(Frozen):
    """What is asked."""

    dry_run: bool = Field(default=False, description="only tell what would be rewritten")


class Migration(Frozen):
    """What was rewritten, or would be."""

    documents: tuple[str, ...]
    """Paths below `.podium`."""
    migrated: bool
    next: str


@operation("store.migrate", Effect.WRITE)
async def migrate(engine: Engine, params: MigrateParams) -> Migration:
    """Bring the store and its documents to the present format, after a snapshot.

    Raises:
        StoreReadOnly: a newer Podium made the store.
        NotApproved: somebody else than a person asked to migrate.
        StorageError: the store cannot be written.
    """
    maintenance = engine.store.maintenance
    if params.dry_run:
        found = tuple(maintenance.outdated())
        return Migration(documents=found, migrated=False, next="podium migrate")
    require_person(engine, "migrate the store")
    changed = tuple(maintenance.migrate())
    return Migration(documents=changed, migrated=True, next="podium doctor")
