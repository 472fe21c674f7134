"""What the workspace answers with: frozen values; must not know how git is asked."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

LINK_MODE = "120000"
SUBMODULE_MODE = "160000"


@dataclass(frozen=True)
class Identity:
    """Who made a commit."""

    name: str
    email: str


PODIUM = Identity("Podium", "podium@localhost")


class Operation(StrEnum):
    """What git is in the middle of; the value is the noun of the messages."""

    MERGE = "merge"
    REBASE = "rebase"
    CHERRY_PICK = "cherry-pick"
    REVERT = "revert"
    BISECT = "bisect"


@dataclass(frozen=True)
class Head:
    """What is checked out: a commit id, and its branch or None when HEAD is detached."""

    commit: str
    branch: str | None


@dataclass(frozen=True)
class WorkTreeStatus:
    """Local changes of a work tree, as paths relative to its top.

    Args:
        staged: paths whose index entry differs from HEAD.
        unstaged: paths whose file differs from its index entry.
        untracked: new files and whole new folders (these end in `/`), without ignored ones.
        conflicted: paths that wait for a merge to be resolved.
        operation: what git is in the middle of.
    """

    staged: tuple[str, ...]
    unstaged: tuple[str, ...]
    untracked: tuple[str, ...]
    conflicted: tuple[str, ...]
    operation: Operation | None

    @property
    def is_clean(self) -> bool:
        """Tell whether there is no local change and nothing in progress."""
        changes = self.staged or self.unstaged or self.untracked or self.conflicted
        return not changes and self.operation is None


@dataclass(frozen=True)
class FileStat:
    """Lines added and deleted in one file; both None for a binary file."""

    path: str
    old_path: str | None
    added: int | None
    deleted: int | None


@dataclass(frozen=True)
class DiffStat:
    """How much two states differ, per file and in all."""

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
    """What happened to a file between two states."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"


@dataclass(frozen=True)
class ChangedFile:
    """One file that differs between two states.

    Args:
        path: where it is now, or was when it is deleted.
        kind: what happened; a file that became a link counts as modified.
        mode: git's six digits, of the new state unless the file is deleted.
        old_path: where a renamed file was.
    """

    path: str
    kind: ChangeKind
    mode: str
    old_path: str | None = None

    @property
    def is_link(self) -> bool:
        """Tell whether it is a symbolic link."""
        return self.mode == LINK_MODE

    @property
    def is_submodule(self) -> bool:
        """Tell whether it is a link to a commit of another repository."""
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
class Checkpoint:
    """A saved state: the ref that keeps it and its commit."""

    ref: str
    commit: str


@dataclass(frozen=True)
class Worktree:
    """A worktree that Podium made.

    Args:
        folder: its top.
        branch: the branch it was made for; None when it was made detached.
        git_dir: git's own folder for it, inside the repository's.
    """

    folder: Path
    branch: str | None
    git_dir: Path


@dataclass(frozen=True)
class MergedTree:
    """A merge without conflicts: the id of the merged tree, nothing committed yet."""

    tree: str


@dataclass(frozen=True)
class Conflicts:
    """A merge that needs somebody.

    Args:
        files: the paths in conflict, sorted.
        messages: git's words for each conflict.
    """

    files: tuple[str, ...]
    messages: tuple[str, ...]


class LandingKind(StrEnum):
    """What landing a branch would do to the user's checkout."""

    UP_TO_DATE = "up-to-date"
    FAST_FORWARD = "fast-forward"
    MERGE = "merge"
    CONFLICTS = "conflicts"


@dataclass(frozen=True)
class LandingPreview:
    """What landing would do, computed without changing anything.

    Args:
        branch: the branch that would land.
        tip: its commit.
        target: the user's branch that would receive it; None when HEAD is detached.
        head: the commit of the user's checkout.
        kind: how it would land.
        tree: the tree the checkout would hold; None when there are conflicts.
        conflicts: the paths that both sides changed, when they do not merge.
        overwritten: the user's local files, tracked or not, that stand in the way.
        operation: what the user's git is in the middle of.
        stat: what would change in the checkout; of the branch alone when there are conflicts.
        commits: what the branch brings, newest first.
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
        """Return what must not have moved between a preview and its landing."""
        return self.branch, self.tip, self.target, self.head


@dataclass(frozen=True)
class Landed:
    """A landed branch: how, where the target was and where it is now."""

    kind: LandingKind
    target: str
    before: str
    commit: str
