"""store.restore: bring documents back to what they were."""

from pydantic import Field

from podium.errors import AlreadyRunning
from podium.model.base import Frozen, content_hash
from podium.operations.confirmation import Confirmation, Fact, Preview
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_consent

_DEED = "restore documents"


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


async def confirm(engine: Engine, params: RestoreParams) -> Confirmation | None:
    """Ask about the documents that would change; nothing when none would.

    Raises:
        NotFoundError: nothing reaches that transaction.
    """
    shown = _preview(engine, params)
    if not shown.documents:
        return None
    return Confirmation(
        operation="store.restore",
        effect=Effect.DESTRUCTIVE,
        subject="the store",
        question=f"Bring documents back to what they were at transaction {params.sequence}?",
        brief="Bring these documents back?",
        yes="Restore",
        deed=_DEED,
        facts=(Fact(label="Documents", values=shown.documents),),
        preview=Preview(operation="store.restore", result=shown),
        bound=params.model_copy(update={"token": params.token or shown.token}),
    )


@operation("store.restore", Effect.DESTRUCTIVE, confirm=confirm)
async def restore(engine: Engine, params: RestoreParams) -> Restoration:
    """Go back to a snapshot or any kept transaction: a preview first; what is now is kept.

    Raises:
        NotFoundError: nothing reaches that transaction.
        AlreadyRunning: a run is at work; its progress would be torn from under it.
        WriteConflict: something was written since the preview.
        NotApproved: somebody else than a person asked to restore.
        StorageError: the store cannot be written.
    """
    shown = _preview(engine, params)
    if not params.token:
        return shown
    again = f"podium restore {params.sequence}"
    require_consent(engine, _DEED, params.token, shown.token, again)
    if engine.runner_is_alive():
        raise AlreadyRunning(
            "A run is at work", hints=["podium pause", "wait until it stands, then restore"]
        )
    changed = tuple(engine.store.maintenance.restore(params.sequence, params.below))
    return shown.model_copy(update={"documents": changed, "restored": True})


def _preview(engine: Engine, params: RestoreParams) -> Restoration:
    ops = engine.store.maintenance.differences(params.sequence, params.below)
    return Restoration(
        sequence=params.sequence,
        documents=tuple(op.path for op in ops),
        token=content_hash([[op.path, op.before, op.after] for op in ops])[:16],
        restored=False,
        next="podium snapshots",
    )
