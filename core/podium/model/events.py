"""Who did what: actors and events; must not know where they are recorded."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from podium.model.base import Frozen


class Actor(Frozen):
    """Who acts (SPEC K4)."""

    kind: Literal["person", "agent", "runner", "external"]
    """`external`: somebody edited the files without Podium."""
    name: str = ""
    face: Literal["cli", "lsp", "mcp", "library", "none"] = "none"
    pid: int = 0

    @property
    def called(self) -> str:
        """What people see: the name, or the kind of one that has none."""
        return self.name or self.kind

    @property
    def origin(self) -> str:
        """The kind with the name: what a text that is handed on is labelled with."""
        return f"{self.kind} {self.name}".rstrip()


class EventKind(StrEnum):
    """What may happen."""

    PROJECT_INITIALISED = "project.initialised"
    PLAN_CREATED = "plan.created"
    PLAN_CHANGED = "plan.changed"
    PLAN_APPROVED = "plan.approved"
    PLAN_REJECTED = "plan.rejected"
    PLAN_RESET = "plan.reset"
    TASK_CHANGED = "task.changed"
    SESSION_CREATED = "session.created"
    SESSION_CHANGED = "session.changed"
    SESSION_ENTERED = "session.entered"
    THOUGHT_ADDED = "thought.added"
    RUN_CREATED = "run.created"
    RUN_CHANGED = "run.changed"
    RUN_INTENT = "run.intent"
    PHASE_CHANGED = "run.phase"
    WORK_LANDED = "work.landed"
    FILE_REVERTED = "file.reverted"
    """A file of the checkout went back to a commit or checkpoint."""
    FINDING_ADDED = "finding.added"
    FINDING_CHANGED = "finding.changed"
    ADOPTED = "store.adopted"
    """A file was changed outside of Podium and is now part of the store."""
    JOURNAL_CUT = "store.journal-cut"
    """The journal's end is not the one that was written last: somebody removed or changed lines."""
    JOURNAL_PRUNED = "store.journal-pruned"
    """Old journal lines were removed because a snapshot covers them."""
    JOURNAL_RECOVERED = "store.journal-recovered"
    """A damaged journal was set aside; the chain of hashes begins anew."""
    RESTORED = "store.restored"
    """Documents went back to an earlier moment."""
    MIGRATED = "store.migrated"
    """The store was brought to a newer format."""
    ARCHIVED = "store.archived"
    """A completed plan or session was put away, compressed."""


class Event(Frozen):
    """Something that happened, as told to readers of the journal."""

    kind: str
    """One of `EventKind`, or a kind that a newer program or a plugin knows."""
    subject: str
    """The id it is about: `p-7k3m9x`, `p-7k3m9x/t1`, `r-…`."""
    message: str = ""
    """One line for a person."""
    data: dict[str, Any] = Field(default_factory=dict)


class Recorded(Frozen):
    """An event as the journal holds it."""

    sequence: int
    at: datetime
    actor: Actor
    event: Event
