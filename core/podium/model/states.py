"""State machines as tables, and an error that lists the legal transitions."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from podium.errors import StateTransitionError

S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True)
class Machine(Generic[S]):
    """A state machine: for each state, the states that may follow it.

    Args:
        noun: the kind of object that has the state, for messages ("session").
        start: the initial state.
        arrows: the states that may follow each state; the set is empty for an end state.
    """

    noun: str
    start: S
    arrows: Mapping[S, frozenset[S]]

    def is_end(self, state: S) -> bool:
        """Return whether no state may follow `state`."""
        return not self.arrows[state]

    def allows(self, old: S, new: S) -> bool:
        """Return whether `new` may follow `old`."""
        return new in self.arrows[old]

    def check(self, name: str, old: S, new: S) -> S:
        """Return `new` if it may follow `old`.

        Raises:
            StateTransitionError: the transition is not allowed; the message lists the legal ones.
        """
        if self.allows(old, new):
            return new
        legal = ", ".join(sorted(self.arrows[old])) or "none, because this is an end state"
        raise StateTransitionError(
            f"{self.noun.capitalize()} {name} is {old} and cannot become {new}",
            why=f"from {old} the legal next states are: {legal}",
        )


class TaskState(StrEnum):
    """The state of a task."""

    PENDING = "pending"
    RUNNING = "running"
    BLOCKED = "blocked"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class SessionState(StrEnum):
    """The state of a session."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    FAILED = "failed"


class RunState(StrEnum):
    """The state of a run."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """The phase of a task within one run."""

    WAITING = "waiting"
    PREPARING = "preparing"
    WORKING = "working"
    """The attempt is at a step of its tree; see `podium.model.rules.steps`."""
    MERGING = "merging"
    RETRYING = "retrying"
    DONE = "done"
    FAILED = "failed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"


class FindingStatus(StrEnum):
    """The status of a finding."""

    OPEN = "open"
    FIXED = "fixed"
    DISMISSED = "dismissed"
    STALE = "stale"


class PlanState(StrEnum):
    """The state of a plan; derived from its approval, tasks and runs, never stored."""

    DRAFT = "draft"
    APPROVED = "approved"
    REJECTED = "rejected"
    RUNNING = "running"
    DONE = "done"


def _row(*states: S) -> frozenset[S]:
    return frozenset(states)


_T, _S, _R, _P, _F = TaskState, SessionState, RunState, Phase, FindingStatus

TASK_MACHINE = Machine(
    "task",
    _T.PENDING,
    {
        _T.PENDING: _row(_T.RUNNING, _T.BLOCKED, _T.DONE, _T.FAILED, _T.CANCELLED, _T.SKIPPED),
        _T.RUNNING: _row(_T.PENDING, _T.BLOCKED, _T.DONE, _T.FAILED, _T.CANCELLED, _T.SKIPPED),
        _T.BLOCKED: _row(_T.PENDING, _T.RUNNING, _T.DONE, _T.CANCELLED, _T.SKIPPED),
        _T.FAILED: _row(_T.PENDING, _T.CANCELLED, _T.SKIPPED),
        _T.DONE: _row(_T.PENDING),
        _T.CANCELLED: _row(_T.PENDING),
        _T.SKIPPED: _row(_T.PENDING),
    },
)

SESSION_MACHINE = Machine(
    "session",
    _S.ACTIVE,
    {
        _S.ACTIVE: _row(_S.SUSPENDED, _S.COMPLETED, _S.FAILED),
        _S.SUSPENDED: _row(_S.ACTIVE, _S.COMPLETED, _S.FAILED),
        _S.FAILED: _row(_S.ACTIVE),
        _S.COMPLETED: _row(),
    },
)

RUN_MACHINE = Machine(
    "run",
    _R.PENDING,
    {
        _R.PENDING: _row(_R.RUNNING, _R.PAUSED, _R.CANCELLED, _R.FAILED),
        _R.RUNNING: _row(_R.PAUSED, _R.COMPLETED, _R.PARTIAL, _R.FAILED, _R.CANCELLED),
        _R.PAUSED: _row(_R.RUNNING, _R.CANCELLED, _R.FAILED),
        _R.COMPLETED: _row(),
        _R.PARTIAL: _row(),
        _R.FAILED: _row(),
        _R.CANCELLED: _row(),
    },
)

PHASE_MACHINE = Machine(
    "task of the run",
    _P.WAITING,
    {
        _P.WAITING: _row(_P.PREPARING, _P.BLOCKED, _P.CANCELLED),
        _P.PREPARING: _row(_P.WORKING, _P.RETRYING, _P.CANCELLED),
        _P.WORKING: _row(_P.MERGING, _P.RETRYING, _P.CANCELLED),
        _P.MERGING: _row(_P.DONE, _P.RETRYING, _P.CANCELLED),
        _P.RETRYING: _row(_P.PREPARING, _P.FAILED, _P.CANCELLED),
        _P.DONE: _row(),
        _P.FAILED: _row(),
        _P.BLOCKED: _row(),
        _P.CANCELLED: _row(),
    },
)

FINDING_MACHINE = Machine(
    "finding",
    _F.OPEN,
    {
        _F.OPEN: _row(_F.FIXED, _F.DISMISSED, _F.STALE),
        _F.FIXED: _row(_F.OPEN),
        _F.DISMISSED: _row(_F.OPEN),
        _F.STALE: _row(_F.OPEN, _F.FIXED, _F.DISMISSED),
    },
)
