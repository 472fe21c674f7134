"""store.restore: bring documents back to what they were."""

from pydantic import Field

from podium.errors import AlreadyRunning
from podium.model.base import Frozen, content_hash
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_consent


class RestoreParams(Frozen):
    """What is asked."""

    sequence: int = Field(ge=0, description="the transaction to go back to; see podium snapshots")
    below: str = Field(default="", description="only documents whose path begins so")
    token: str = Field(
        default="", description="the token of the preview that was agreed to; only looks if empty"
    )


class Restoration(Frozen):
    """What restoring would change, or changed."""

    sequence: int
    documents: tuple[str, ...]
    """Paths below `.podium`."""
    token: str
    """Names exactly this preview."""
    restored: bool
    next: str


@operation("store.restore", Effect.DESTRUCTIVE)
async def restore(engine: Engine, params: RestoreParams) -> Restoration:
    """Go back to a snapshot or any kept transaction: a preview first; what is now is kept.

    Raises:
        NotFoundError: nothing reaches that transaction.
        AlreadyRunning: a run is at work; its progress would be torn from under it.
        WriteConflict: something was written since the preview.
        NotApproved: somebody else than a person asked to restore.
        StorageError: the store cannot be written.
    """
    maintenance = engine.store.maintenance
    ops = maintenance.differences(params.sequence, params.below)
    token = content_hash([[op.path, op.before, op.after] for op in ops])[:16]
    paths = tuple(op.path for op in ops)
    if not params.token:
        return _view(params, paths, token)
    again = f"podium restore {params.sequence}"
    require_consent(engine, "restore documents", params.token, token, again)
    if engine.runner_is_alive():
        raise AlreadyRunning(
            "A run is at work", hints=["podium pause", "wait until it stands, then restore"]
        )
    changed = tuple(maintenance.restore(params.sequence, params.below))
    return _view(params, changed, token).model_copy(update={"restored": True})


def _view(params: RestoreParams, paths: tuple[str, ...], token: str) -> Restoration:
    return Restoration(
        sequence=params.sequence,
        documents=paths,
        token=token,
        restored=False,
        next="podium snapshots",
    )
