"""Actors and events; must not know where they are recorded."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from podium.model.base import Frozen


class Actor(Frozen):
    """The author of an action."""

    kind: Literal["person", "agent", "runner", "external"]
    """`external` means that the files were edited without Podium."""
    name: str = ""
    face: Literal["cli", "lsp", "mcp", "library", "none"] = "none"
    pid: int = 0

    @property
    def called(self) -> str:
        """The name to display: the actor's own, or its kind if it has none."""
        return self.name or self.kind

    @property
    def origin(self) -> str:
        """Kind and name, the label of text that is passed on to others."""
        return f"{self.kind} {self.name}".rstrip()


class EventKind(StrEnum):
    """The kinds of events that Podium records."""

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
    """A file of the checkout was reverted to a commit or checkpoint."""
    FINDING_ADDED = "finding.added"
    FINDING_CHANGED = "finding.changed"
    ADOPTED = "store.adopted"
    """A file was changed outside Podium and is now part of the store."""
    JOURNAL_CUT = "store.journal-cut"
    """The journal does not end with the last line written: lines were removed or changed."""
    JOURNAL_PRUNED = "store.journal-pruned"
    """Old journal lines were removed because a snapshot covers them."""
    JOURNAL_RECOVERED = "store.journal-recovered"
    """A damaged journal was set aside; a new hash chain begins."""
    RESTORED = "store.restored"
    """Documents were restored to an earlier state."""
    MIGRATED = "store.migrated"
    """The store was migrated to a newer format."""
    ARCHIVED = "store.archived"
    """A finished plan or session was compressed and archived."""


class Event(Frozen):
    """One occurrence, as readers of the journal receive it."""

    kind: str
    """A member of `EventKind`, or a kind known to a newer program or a plugin."""
    subject: str
    """The id of its object: `p-7k3m9x`, `p-7k3m9x/t1`, `r-…`."""
    message: str = ""
    """One line for display."""
    data: dict[str, Any] = Field(default_factory=dict)


class Recorded(Frozen):
    """An event as recorded in the journal."""

    sequence: int
    at: datetime
    actor: Actor
    event: Event
