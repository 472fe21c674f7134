"""store.audit: verify that the journal has not been tampered with."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from pydantic import Field

from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.store.journal.hash_chain import Anchor


class AuditParams(Frozen):
    """Parameters of `store.audit`."""

    action: Literal["verify", "show"] = Field(
        default="verify", description="verify the hash chain, or also show the entries"
    )
    limit: int = Field(default=50, ge=1, le=10_000, description="maximum number of entries to show")
    sequence: int = Field(default=0, ge=0, description="last sequence number of an earlier audit")
    digest: str = Field(default="", description="digest that the earlier audit reported with it")


class AuditFlaw(Frozen):
    """A line that was changed, removed or moved."""

    sequence: int
    segment: str
    reason: str


class AuditEntry(Frozen):
    """An entry of the audit log."""

    sequence: int
    at: datetime
    actor: str
    face: str
    pid: int
    event: str
    subject: str
    message: str


class AuditReport(Frozen):
    """The result of the verification."""

    whole: bool
    first: int
    """The first transaction in the journal."""
    sequence: int
    digest: str
    """The last hash of the chain; a copy kept elsewhere reveals a later rewrite of the journal."""
    pruned: int
    """The last transaction whose lines were pruned because a snapshot covers them."""
    unchained: int
    """Number of lines in format 1, which had no hash chain."""
    flaws: tuple[AuditFlaw, ...]
    entries: tuple[AuditEntry, ...] = ()
    """The latest entries, oldest first; only if requested."""


@operation("store.audit", Effect.READ)
async def audit(engine: Engine, params: AuditParams) -> AuditReport:
    """Verify the audit log: find every line that was changed, removed or moved.

    Raises:
        StorageError: the journal is unreadable.
    """
    kept = Anchor(params.sequence, params.digest) if params.sequence else None
    found = engine.store.maintenance.verify(kept)
    return AuditReport(
        whole=found.is_intact,
        first=found.first,
        sequence=found.last.sequence,
        digest=found.last.digest,
        pruned=found.pruned,
        unchained=found.unchained,
        flaws=tuple(
            AuditFlaw(sequence=each.sequence, segment=each.segment, reason=each.reason)
            for each in found.flaws
        ),
        entries=tuple(_entries(engine, params.limit)) if params.action == "show" else (),
    )


def _entries(engine: Engine, limit: int) -> Iterator[AuditEntry]:
    for each in engine.store.history(limit=limit):
        yield AuditEntry(
            sequence=each.sequence,
            at=each.at,
            actor=each.actor.called,
            face=each.actor.face,
            pid=each.actor.pid,
            event=each.event.kind,
            subject=each.event.subject,
            message=each.event.message,
        )
