"""Every error that Podium raises on purpose; knows nothing of the rest of the program.

    PodiumError
    ├── UserError                   what was asked cannot be understood          exit 2
    │   ├── ValidationError         a value has the wrong shape
    │   ├── InvalidPlan             a plan breaks its rules; all problems at once
    │   ├── InvalidConfig           a settings file, with line numbers
    │   ├── InvalidReply            an agent's reply is not what was asked for   exit 6
    │   └── PathOutsideWorkspace    a path leads out of the project
    ├── NotFoundError               a name that nothing answers to               exit 3
    │   ├── ProjectNotFound
    │   ├── PlanNotFound · TaskNotFound · SessionNotFound · RunNotFound · FindingNotFound
    │   └── AmbiguousId             a prefix that several answer to
    ├── ConflictError               right request, wrong moment                  exit 4
    │   ├── StateTransitionError    the state machine has no such arrow
    │   ├── EvidenceMissing         done was said, not shown
    │   ├── NotApproved             the plan, or this version of it
    │   ├── NotTrusted              the project's settings may not run code yet
    │   ├── AlreadyRunning
    │   ├── WriteConflict           the caller's base is stale
    │   └── MergeConflict           git cannot merge, or would overwrite
    ├── ToolError                   the machine, not the request                 exit 5
    │   ├── StorageError
    │   │   ├── StoreLocked         another process holds the store
    │   │   ├── StoreReadOnly       read-only medium, or a newer format
    │   │   ├── StoreCorrupted      a journal line in the middle is damaged
    │   │   └── SessionCorrupted
    │   ├── GitError
    │   │   └── NotARepository
    │   └── AgentUnavailable        not installed, or not logged in
    ├── AgentFailed                 an agent ran and did not do it               exit 6
    └── InternalError               our bug                                      exit 70

The user's mistakes and the machine's faults are told in three parts: what happened, why, and what
to do next. `InternalError` is the only one that asks for a report.
"""

from collections.abc import Sequence
from typing import ClassVar


class PodiumError(Exception):
    """Base of all errors.

    Args:
        what: one sentence, what happened; never holds a secret or a file's content.
        why: one sentence, the cause, or empty when `what` says it.
        hints: next commands or actions, most useful first.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 70

    def __init__(self, what: str, *, why: str = "", hints: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hints = tuple(hints)

    def __str__(self) -> str:
        return f"{self.what}: {self.why}" if self.why else self.what


class UserError(PodiumError):
    """What was asked cannot be understood or accepted."""

    code = "user"
    exit_code = 2


class ValidationError(UserError):
    """A value has the wrong shape."""

    code = "validation"


class InvalidPlan(UserError):
    """A plan breaks its rules.

    Args:
        problems: every violated rule, one sentence each (SPEC P1: all named at once).
    """

    code = "invalid-plan"

    def __init__(self, problems: Sequence[str], *, hints: Sequence[str] = ()) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(
            f"The plan has {count} problem{'s' if count != 1 else ''}",
            why="; ".join(self.problems),
            hints=hints,
        )


class InvalidConfig(UserError):
    """A settings file cannot be used; the message carries line numbers."""

    code = "invalid-config"


class InvalidReply(UserError):
    """An agent's reply is not what was asked for."""

    code = "invalid-reply"
    exit_code = 6


class PathOutsideWorkspace(UserError):
    """A path leads out of the workspace, by `..`, as an absolute path or through a link."""

    code = "path-outside"


class NotFoundError(PodiumError):
    """Nothing answers to that name."""

    code = "not-found"
    exit_code = 3


class ProjectNotFound(NotFoundError):
    """No `.podium` folder here or above."""

    code = "project-not-found"


class PlanNotFound(NotFoundError):
    """No plan answers to that id."""

    code = "plan-not-found"


class TaskNotFound(NotFoundError):
    """No task answers to that id."""

    code = "task-not-found"


class SessionNotFound(NotFoundError):
    """No session answers to that id."""

    code = "session-not-found"


class RunNotFound(NotFoundError):
    """No run answers to that id."""

    code = "run-not-found"


class FindingNotFound(NotFoundError):
    """No finding answers to that id."""

    code = "finding-not-found"


class AmbiguousId(NotFoundError):
    """A prefix that several ids begin with."""

    code = "ambiguous-id"


class ConflictError(PodiumError):
    """A right request at the wrong moment."""

    code = "conflict"
    exit_code = 4


class StateTransitionError(ConflictError):
    """The state machine has no such arrow; the message names the legal ones."""

    code = "state-transition"


class EvidenceMissing(ConflictError):
    """A task was called done, but a criterion has no evidence."""

    code = "evidence-missing"


class NotApproved(ConflictError):
    """The plan, or this very version of it, is not approved."""

    code = "not-approved"


class NotTrusted(ConflictError):
    """The project's settings would run code that the user has not trusted on this machine."""

    code = "not-trusted"


class AlreadyRunning(ConflictError):
    """A run of this project is active."""

    code = "already-running"


class WriteConflict(ConflictError):
    """The document changed since the caller read it."""

    code = "write-conflict"


class MergeConflict(ConflictError):
    """Git cannot merge without a person, or would overwrite unsaved work."""

    code = "merge-conflict"


class ToolError(PodiumError):
    """The machine refuses, not the request."""

    code = "tool"
    exit_code = 5


class StorageError(ToolError):
    """The store cannot read or write."""

    code = "storage"


class StoreLocked(StorageError):
    """Another process holds the store's lock for too long."""

    code = "store-locked"


class StoreReadOnly(StorageError):
    """The store cannot be written: read-only medium, damage, or a newer format."""

    code = "store-read-only"


class StoreCorrupted(StorageError):
    """A document or a journal line cannot be read."""

    code = "store-corrupted"


class SessionCorrupted(StorageError):
    """A session's file cannot be read."""

    code = "session-corrupted"


class GitError(ToolError):
    """A git command failed."""

    code = "git"


class NotARepository(GitError):
    """The folder is not a git repository."""

    code = "not-a-repository"


class AgentUnavailable(ToolError):
    """The agent is not installed, or not logged in."""

    code = "agent-unavailable"


class AgentFailed(PodiumError):
    """An agent ran and did not do what it was asked."""

    code = "agent-failed"
    exit_code = 6


class InternalError(PodiumError):
    """A broken promise of our own code; the only error that asks for a report."""

    code = "internal"
