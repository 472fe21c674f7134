"""Podium's exception hierarchy; imports no Podium module except `words`.

    PodiumError
    ├── UserError                   the request is malformed or unacceptable    exit 2
    │   ├── ValidationError         a value has the wrong shape
    │   ├── InvalidPlan             a plan violates the rules; lists every problem
    │   ├── InvalidConfig           invalid settings file, with line numbers
    │   ├── InvalidReply            an agent's reply does not match its schema  exit 6
    │   └── PathOutsideWorkspace    a path escapes the project
    ├── NotFoundError               no such object                              exit 3
    │   ├── ProjectNotFound
    │   ├── PlanNotFound · TaskNotFound · SessionNotFound · RunNotFound · FindingNotFound
    │   ├── QuestionNotFound
    │   └── AmbiguousId             an id prefix with several matches
    ├── ConflictError               not possible in the current state           exit 4
    │   ├── StateTransitionError    the state machine has no such transition
    │   ├── EvidenceMissing         a completed task lacks evidence
    │   ├── NotApproved             this version of the plan is not approved
    │   ├── NotTrusted              the project's settings may not run code yet
    │   ├── AlreadyRunning
    │   ├── WriteConflict           the caller's base is stale
    │   └── MergeConflict           git cannot merge, or would overwrite changes
    ├── ToolError                   the environment failed, not the request     exit 5
    │   ├── StorageError
    │   │   ├── StoreLocked         another process holds the store
    │   │   ├── StoreReadOnly       read-only medium, or a newer format
    │   │   ├── StoreCorrupted      a document or journal line is damaged
    │   │   ├── DocumentMissing     a document to which others refer is gone
    │   │   └── SessionCorrupted
    │   ├── MachineRefuses          disk full or read-only, out of memory or processes
    │   ├── GitError
    │   │   ├── NotARepository
    │   │   └── GitKilled           a signal ended a git command
    │   ├── SandboxUnavailable      required by the settings, but none works here
    │   └── AgentUnavailable        not installed, or not logged in
    ├── AgentFailed                 an agent ran but failed at its task         exit 6
    └── InternalError               a bug in Podium                             exit 70

User errors and environment errors have three parts: what happened, why, and what to do next. Only
`InternalError` asks the user for a bug report.
"""

from collections.abc import Sequence
from typing import ClassVar, cast

from podium.words import counted


class PodiumError(Exception):
    """Base class of all errors.

    Args:
        what: what happened, in one sentence; never contains secrets or file contents.
        why: the cause, in one sentence; empty if `what` already states it.
        hints: commands or actions to try next, most useful first.
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
    """The request cannot be understood or accepted."""

    code = "user"
    exit_code = 2


class ValidationError(UserError):
    """A value has the wrong shape."""

    code = "validation"


class InvalidPlan(UserError):
    """A plan violates the rules.

    Args:
        problems: every violation, one sentence each.
    """

    code = "invalid-plan"

    def __init__(self, problems: Sequence[str], *, hints: Sequence[str] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(
            f"The plan has {counted(len(self.problems), 'problem')}",
            why="; ".join(self.problems),
            hints=hints,
        )


class InvalidConfig(UserError):
    """A settings file is invalid; the message includes line numbers."""

    code = "invalid-config"


class InvalidReply(UserError):
    """An agent's reply does not have the requested form."""

    code = "invalid-reply"
    exit_code = 6


class PathOutsideWorkspace(UserError):
    """A path escapes the workspace through `..`, as an absolute path or through a symlink."""

    code = "path-outside"


class NotFoundError(PodiumError):
    """No object with this name exists."""

    code = "not-found"
    exit_code = 3


class ProjectNotFound(NotFoundError):
    """Neither this folder nor any parent contains `.podium`."""

    code = "project-not-found"


class PlanNotFound(NotFoundError):
    """No plan has this id."""

    code = "plan-not-found"


class TaskNotFound(NotFoundError):
    """No task has this id."""

    code = "task-not-found"


class SessionNotFound(NotFoundError):
    """No session has this id."""

    code = "session-not-found"


class RunNotFound(NotFoundError):
    """No run has this id."""

    code = "run-not-found"


class FindingNotFound(NotFoundError):
    """No finding has this id."""

    code = "finding-not-found"


class QuestionNotFound(NotFoundError):
    """No question has this id, or none is open."""

    code = "question-not-found"


class AmbiguousId(NotFoundError):
    """Several ids start with this prefix."""

    code = "ambiguous-id"


class ConflictError(PodiumError):
    """The request is valid but not possible in the current state."""

    code = "conflict"
    exit_code = 4


class StateTransitionError(ConflictError):
    """The state machine has no such transition; the message lists the legal ones."""

    code = "state-transition"


class EvidenceMissing(ConflictError):
    """A task cannot be done because a criterion has no evidence.

    Args:
        what: what happened.
        why: the cause.
        hints: what to try next.
        criteria: the criteria without evidence; empty if a gate failed.
    """

    code = "evidence-missing"

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        hints: Sequence[str] = (),
        criteria: Sequence[str] = (),
    ) -> None:
        super().__init__(what, why=why, hints=hints)
        self.criteria = tuple(criteria)


class NotApproved(ConflictError):
    """This version of the plan is not approved."""

    code = "not-approved"


class NotTrusted(ConflictError):
    """The project's settings would run code that the user has not trusted on this machine."""

    code = "not-trusted"


class AlreadyRunning(ConflictError):
    """The project already has an active run."""

    code = "already-running"


class WriteConflict(ConflictError):
    """The document changed since the caller read it."""

    code = "write-conflict"


class MergeConflict(ConflictError):
    """Git cannot merge without a person's help, or would overwrite uncommitted work."""

    code = "merge-conflict"


class ToolError(PodiumError):
    """The environment failed, not the request."""

    code = "tool"
    exit_code = 5


class StorageError(ToolError):
    """The store cannot read or write."""

    code = "storage"


class StoreLocked(StorageError):
    """Another process has held the store's lock for too long."""

    code = "store-locked"


class StoreReadOnly(StorageError):
    """The store is not writable: read-only medium, damage, or a newer format."""

    code = "store-read-only"


class StoreCorrupted(StorageError):
    """A document or journal line is unreadable."""

    code = "store-corrupted"


class DocumentMissing(StorageError):
    """A document to which others refer was deleted outside Podium."""

    code = "document-missing"


class SessionCorrupted(StorageError):
    """A session file is unreadable."""

    code = "session-corrupted"


class GitError(ToolError):
    """A git command failed."""

    code = "git"


class MachineRefuses(ToolError):
    """The machine is out of disk space, memory, file descriptors or processes, or read-only."""

    code = "machine-refuses"


class SandboxUnavailable(ToolError):
    """The settings require a sandbox for commands, and none works on this machine."""

    code = "sandbox-unavailable"


class NotARepository(GitError):
    """The folder is not a git repository."""

    code = "not-a-repository"


class GitKilled(GitError):
    """A signal ended a git command, so it may have left half-finished work and locks behind."""

    code = "git-killed"


class AgentUnavailable(ToolError):
    """The agent is not installed, or not logged in."""

    code = "agent-unavailable"


class AgentFailed(PodiumError):
    """An agent ran but did not complete its task."""

    code = "agent-failed"
    exit_code = 6


class InternalError(PodiumError):
    """An internal invariant is broken; the only error that asks for a bug report."""

    code = "internal"


def first_error(error: BaseException) -> BaseException:
    """Return the error in an exception group; Podium's first one if there are several.

    Task groups wrap even a single error; one failure cancels the rest, so there is one to report.
    """
    if not isinstance(error, BaseExceptionGroup):
        return error
    group = cast("BaseExceptionGroup[BaseException]", error)
    found = [first_error(each) for each in group.exceptions]
    return next((each for each in found if isinstance(each, PodiumError)), found[0])
