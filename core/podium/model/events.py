"""Actors and events."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from podium.model.base import Frozen


class Actor(Frozen):
    """The author of an action."""

    kind: Literal["person", "agent", "runner", "external"]
    """`external` means that files were edited outside Podium."""
    name: str = ""
    face: Literal["cli", "lsp", "mcp", "library", "none"] = "none"
    pid: int = 0

    @property
    def called(self) -> str:
        """The name to display: the actor's name, or its kind if it has none."""
        return self.name or self.kind

    @property
    def origin(self) -> str:
        """The kind and the name; labels quoted text."""
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
    RUN_BUDGET = "run.budget"
    """The calls of a run came near a limit of its budget."""
    PHASE_CHANGED = "run.phase"
    QUESTION_ASKED = "question.asked"
    QUESTION_ENDED = "question.ended"
    """A question was answered or timed out."""
    PERMISSION_REVOKED = "permission.revoked"
    """A permission for the rest of a task was revoked."""
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
    """A damaged journal was set aside; a new hash chain was started."""
    RESTORED = "store.restored"
    """Documents were restored to an earlier state."""
    MIGRATED = "store.migrated"
    """The store was migrated to a newer format."""
    ARCHIVED = "store.archived"
    """A finished plan or session was compressed and archived."""
    PACKED = "store.packed"
    """Documents of ended work were combined into one file; their content is unchanged."""


class Payload(BaseModel):
    """The data of an event without its message; unknown fields from newer programs are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class PhasePayload(Payload):
    """A task of a run entered a phase."""

    phase: str
    attempt: int = 0
    step: str = ""
    """The path of the step, in phase `working`."""
    title: str = ""
    """The label to show: the title of the step, or the phase."""


class StatePayload(Payload):
    """A run or a task entered a state."""

    state: str
    percent: int | None = None


class QuestionPayload(Payload):
    """A question was asked, or has ended."""

    question: str
    kind: str


class RequestPayload(Payload):
    """A person asked a run to continue, pause or stop."""

    want: str


class LandedPayload(Payload):
    """A result landed on the user's branch."""

    before: str
    commit: str


class RevertedPayload(Payload):
    """A file was reverted to a commit."""

    commit: str
    kept: tuple[str, ...] = ()


PAYLOADS: Mapping[str, type[Payload]] = MappingProxyType(
    {
        EventKind.PHASE_CHANGED: PhasePayload,
        EventKind.RUN_CHANGED: StatePayload,
        EventKind.TASK_CHANGED: StatePayload,
        EventKind.RUN_INTENT: RequestPayload,
        EventKind.QUESTION_ASKED: QuestionPayload,
        EventKind.QUESTION_ENDED: QuestionPayload,
        EventKind.PERMISSION_REVOKED: QuestionPayload,
        EventKind.WORK_LANDED: LandedPayload,
        EventKind.FILE_REVERTED: RevertedPayload,
    }
)
"""The payload types, by the kinds that have a payload."""


class Event(Frozen):
    """One occurrence, as seen by readers of the journal."""

    kind: str
    """A member of `EventKind`, or a kind from a newer program or a plugin."""
    subject: str
    """The id of the object: `p-7k3m9x`, `p-7k3m9x/t1`, `r-…`."""
    message: str = ""
    """One line for display."""
    data: dict[str, Any] = Field(default_factory=dict)

    @property
    def payload(self) -> Payload | None:
        """The data as a typed value; None if there is no type for it, or if it does not match."""
        model = PAYLOADS.get(self.kind)
        try:
            return model.model_validate(self.data) if model is not None else None
        except ValidationError:
            return None


class Recorded(Frozen):
    """An event as recorded in the journal."""

    sequence: int
    at: datetime
    actor: Actor
    event: Event
