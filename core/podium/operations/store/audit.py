"""store.audit: whether the journal is as it was written."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from pydantic import Field

from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.store.journal.hash_chain import Anchor


class AuditParams(Frozen):
    """What is asked."""

    action: Literal["verify", "show"] = Field(
        default="verify", description="verify the chain, or show who did what as well"
    )
    limit: int = Field(default=50, ge=1, le=10_000, description="show at most so many entries")
    sequence: int = Field(default=0, ge=0, description="the end that an earlier audit told")
    digest: str = Field(default="", description="the hash that an earlier audit told with it")


class AuditFlaw(Frozen):
    """A line that was changed, removed or moved."""

    sequence: int
    segment: str
    reason: str


class AuditEntry(Frozen):
    """Who did what."""

    sequence: int
    at: datetime
    actor: str
    face: str
    pid: int
    event: str
    subject: str
    message: str


class AuditReport(Frozen):
    """What the check found."""

    whole: bool
    first: int
    """The first transaction that the journal holds."""
    sequence: int
    digest: str
    """The end of the chain; kept elsewhere, it shows later that nothing was written anew."""
    pruned: int
    """Up to which transaction lines were removed as a snapshot covers them."""
    unchained: int
    """Lines of format 1, which had no chain."""
    flaws: tuple[AuditFlaw, ...]
    entries: tuple[AuditEntry, ...] = ()
    """The last ones, newest last; only when they were asked for."""


@operation("store.audit", Effect.READ)
async def audit(engine: Engine, params: AuditParams) -> AuditReport:
    """Verify the audit log: find every line that was changed, removed or moved.

    Raises:
        StorageError: the journal cannot be read.
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
