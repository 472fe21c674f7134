"""store.restore: restore documents to an earlier state."""

from pydantic import Field

from podium.errors import AlreadyRunning
from podium.model.base import Frozen, content_hash
from podium.operations.confirmation import Confirmation, Fact, Preview
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_consent

_DEED = "restore documents"


class RestoreParams(Frozen):
    """Parameters of `store.restore`."""

    sequence: int = Field(ge=0, description="the transaction to restore; see podium snapshots")
    below: str = Field(default="", description="only documents whose path starts with this")
    token: str = Field(
        default="", description="token of the approved preview; if empty, only shows the preview"
    )


class Restoration(Frozen):
    """The result of a restore, or its preview."""

    sequence: int
    documents: tuple[str, ...]
    """Paths relative to `.podium`."""
    token: str
    """Identifies exactly this preview."""
    restored: bool
    next: str


async def confirm(engine: Engine, params: RestoreParams) -> Confirmation | None:
    """Ask whether to restore the documents that would change; None if nothing would change.

    Raises:
        NotFoundError: the transaction can no longer be restored.
    """
    shown = _preview(engine, params)
    if not shown.documents:
        return None
    return Confirmation(
        operation="store.restore",
        effect=Effect.DESTRUCTIVE,
        subject="the store",
        question=f"Restore these documents to their state at transaction {params.sequence}?",
        brief="Restore these documents?",
        yes="Restore",
        deed=_DEED,
        facts=(Fact(label="Documents", values=shown.documents),),
        preview=Preview(operation="store.restore", result=shown),
        bound=params.model_copy(update={"token": params.token or shown.token}),
    )


@operation("store.restore", Effect.DESTRUCTIVE, confirm=confirm)
async def restore(engine: Engine, params: RestoreParams) -> Restoration:
    """Restore documents from a snapshot or transaction, after a preview; keeps the current state.

    Raises:
        NotFoundError: the transaction can no longer be restored.
        AlreadyRunning: a run is in progress and would lose its own progress.
        WriteConflict: something was written after the preview.
        NotApproved: the requester is not a person.
        StorageError: the store is not writable.
    """
    shown = _preview(engine, params)
    if not params.token:
        return shown
    again = f"podium restore {params.sequence}"
    require_consent(engine, _DEED, params.token, shown.token, again)
    if engine.runner_is_alive():
        raise AlreadyRunning(
            "A run is in progress", hints=["podium pause", "wait until it has paused, then restore"]
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
