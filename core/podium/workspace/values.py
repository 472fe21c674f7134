"""Frozen values that the workspace returns."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

LINK_MODE = "120000"
SUBMODULE_MODE = "160000"


@dataclass(frozen=True)
class Identity:
    """The author or committer of a commit."""

    name: str
    email: str


PODIUM = Identity("Podium", "podium@localhost")


class Operation(StrEnum):
    """An unfinished git operation; the value is the noun in messages."""

    MERGE = "merge"
    REBASE = "rebase"
    CHERRY_PICK = "cherry-pick"
    REVERT = "revert"
    BISECT = "bisect"


@dataclass(frozen=True)
class Head:
    """The checked-out commit id, and its branch or None if HEAD is detached."""

    commit: str
    branch: str | None


@dataclass(frozen=True)
class WorkTreeStatus:
    """Local changes in a worktree, as paths relative to its top.

    Args:
        staged: paths whose index entry differs from HEAD.
        unstaged: paths whose file differs from its index entry.
        untracked: new files and whole new folders (with a trailing `/`), without ignored ones.
        conflicted: paths with an unresolved merge.
        operation: the unfinished git operation.
    """

    staged: tuple[str, ...]
    unstaged: tuple[str, ...]
    untracked: tuple[str, ...]
    conflicted: tuple[str, ...]
    operation: Operation | None


@dataclass(frozen=True)
class FileStat:
    """Lines added and deleted in one file; both None for a binary file."""

    path: str
    old_path: str | None
    added: int | None
    deleted: int | None


@dataclass(frozen=True)
class DiffStat:
    """The size of the difference between two states, per file and in total."""

    files: tuple[FileStat, ...]

    @property
    def added(self) -> int:
        """Return the number of added lines."""
        return sum(file.added or 0 for file in self.files)

    @property
    def deleted(self) -> int:
        """Return the number of deleted lines."""
        return sum(file.deleted or 0 for file in self.files)


class ChangeKind(StrEnum):
    """The kind of a file's change between two states."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"


@dataclass(frozen=True)
class ChangedFile:
    """One file that differs between two states.

    Args:
        path: the current path, or the last one of a deleted file.
        kind: the kind of change; a file that became a symlink counts as modified.
        mode: git's six digits, from the new state unless the file is deleted.
        old_path: the previous path of a renamed file.
    """

    path: str
    kind: ChangeKind
    mode: str
    old_path: str | None = None

    @property
    def is_link(self) -> bool:
        """Return whether it is a symlink."""
        return self.mode == LINK_MODE

    @property
    def is_submodule(self) -> bool:
        """Return whether it is a reference to a commit of another repository."""
        return self.mode == SUBMODULE_MODE


@dataclass(frozen=True)
class Commit:
    """One commit; `authored_at` is in UTC."""

    id: str
    parents: tuple[str, ...]
    author: Identity
    authored_at: datetime
    message: str

    @property
    def subject(self) -> str:
        """Return the first line of the message."""
        return self.message.partition("\n")[0]


@dataclass(frozen=True)
class CommitChange:
    """The changes of one commit.

    Args:
        id: the commit's id.
        parents: the ids of its parents.
        message: the whole message.
        files: the files that changed since its only parent; empty for a merge.
    """

    id: str
    parents: tuple[str, ...]
    message: str
    files: tuple[ChangedFile, ...]


@dataclass(frozen=True)
class Checkpoint:
    """A saved state: its ref and its commit."""

    ref: str
    commit: str


@dataclass(frozen=True)
class Worktree:
    """A worktree that Podium created.

    Args:
        folder: its top.
        branch: the branch for which it was created; None for a detached worktree.
        git_dir: the worktree's Git directory, inside the common one.
        is_new: whether it was just created and has exactly the requested commit.
    """

    folder: Path
    branch: str | None
    git_dir: Path
    is_new: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class PreparedFiles:
    """The changes that set-up commands made in a worktree, as git sees them; no agent's work.

    Args:
        base: the commit before the changes.
        ready: a commit with the changes.
    """

    base: str
    ready: str


@dataclass(frozen=True)
class MergedTree:
    """A merge without conflicts: the id of the merged tree, which is not committed yet."""

    tree: str


@dataclass(frozen=True)
class Conflicts:
    """A merge with conflicts, to be resolved by hand.

    Args:
        files: the paths in conflict, sorted.
        messages: git's message for each conflict.
    """

    files: tuple[str, ...]
    messages: tuple[str, ...]


class LandingKind(StrEnum):
    """How a branch would land in the user's checkout."""

    UP_TO_DATE = "up-to-date"
    FAST_FORWARD = "fast-forward"
    MERGE = "merge"
    CONFLICTS = "conflicts"


@dataclass(frozen=True)
class LandingPreview:
    """The effect of a landing, computed without changing anything.

    Args:
        branch: the branch that would land.
        tip: its commit.
        target: the user's branch that would receive it; None if HEAD is detached.
        head: the commit of the user's checkout.
        kind: how it would land.
        tree: the resulting tree of the checkout; None if there are conflicts.
        conflicts: the paths with conflicting changes on both sides.
        overwritten: the user's local files, tracked or not, that would be overwritten.
        operation: the unfinished git operation in the checkout.
        stat: the changes to the checkout; if there are conflicts, the changes of the branch alone.
        commits: the commits of the branch, newest first.
    """

    branch: str
    tip: str
    target: str | None
    head: str
    kind: LandingKind
    tree: str | None
    conflicts: tuple[str, ...]
    overwritten: tuple[str, ...]
    operation: Operation | None
    stat: DiffStat
    commits: tuple[Commit, ...]

    @property
    def base(self) -> tuple[str, str, str | None, str]:
        """Return the values that must not change between a preview and its landing."""
        return self.branch, self.tip, self.target, self.head


@dataclass(frozen=True)
class Landed:
    """A landed branch: how it landed, and the target's commits before and after."""

    kind: LandingKind
    target: str
    before: str
    commit: str
