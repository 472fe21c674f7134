"""The facade of this package: one git repository, as seen from one worktree.

Every method queries git and caches nothing, so values are never stale and several processes may
work at once. Only `land` changes the user's checkout.
"""

import os
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from podium.errors import GitError
from podium.model.agents import CallTree
from podium.platform.user_folders import cache_folder
from podium.workspace import checkpoints, commits, kept_files, landing, prepared_files, worktrees
from podium.workspace.kept_files import FileState
from podium.workspace.names import CALLS_PREFIX, REF_PREFIX
from podium.workspace.plumbing import history, inspection, merging, references, renames, staging
from podium.workspace.plumbing.discovery import find_folders, git_version
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.programs import clear_stale_locks
from podium.workspace.plumbing.residents import Residents
from podium.workspace.plumbing.stale_locks import Sweep, sweep
from podium.workspace.values import (
    ChangedFile,
    Checkpoint,
    Commit,
    CommitChange,
    Conflicts,
    DiffStat,
    Head,
    Identity,
    Landed,
    LandingPreview,
    MergedTree,
    PreparedFiles,
    Worktree,
    WorkTreeStatus,
)

FileName = inspection.FileName
MAX_DIFF_BYTES = 400_000
MAX_COMMITS = 1000


@dataclass(frozen=True)
class Repository:
    """A git repository.

    Args:
        root: the top of the worktree, with symlinks resolved.
        git_dir: the Git directory of that worktree.
        git_common_dir: the common Git directory of all worktrees.
        cache: Podium's cache folder, where worktrees are created.
        residents: git processes that keep running to answer queries; None to start git for each.
    """

    root: Path
    git_dir: Path
    git_common_dir: Path
    cache: Path
    residents: Residents | None = field(default=None, compare=False, repr=False)

    @classmethod
    async def discover(cls, folder: Path, *, cache: Path | None = None) -> "Repository":
        """Return the repository that contains `folder`.

        Args:
            folder: any folder in the worktree.
            cache: where worktrees are created; by default Podium's folder in the user's cache.

        Raises:
            NotARepository: there is none, or it is bare.
            GitError: git is missing or too old, or there is no commit yet.
        """
        await git_version(folder)
        root, git_dir, common_dir = await find_folders(Git(folder), folder)
        if await inspection.find_commit(Git(root, git_dir), "HEAD") is None:
            raise GitError(
                f"The repository {str(root)!r} has no commit yet",
                why="worktrees and checkpoints need one to start from",
                hints=["git add -A && git commit -m 'Start'"],
            )
        return cls(root, git_dir, common_dir, cache or cache_folder())

    @contextmanager
    def asked_often(self) -> Generator["Repository"]:
        """Provide this repository with git processes that keep running during the block."""
        with closing(Residents()) as residents:
            yield replace(self, residents=residents)

    @property
    def _git(self) -> Git:
        return Git(self.root, self.git_dir, residents=self.residents)

    def call_tree(self, key: str, base_commit: str) -> CallTree:
        """Return the tree on which an agent's call works: a commit of this repository.

        Args:
            key: the call's key.
            base_commit: the commit that it starts from.
        """
        return CallTree(
            repository=str(self.git_common_dir),
            base_commit=base_commit,
            result_ref=f"{CALLS_PREFIX}{key}",
        )

    # Reading.

    async def head(self) -> Head:
        """Return the user's checked-out commit and branch."""
        return await inspection.head(self._git)

    def head_mark(self) -> tuple[object, ...]:
        """Return a value that changes when HEAD moves; reads files only."""
        return inspection.head_mark(self.git_dir, self.git_common_dir)

    async def resolve(self, revision: str) -> str:
        """Return the id of the commit that `revision` names, or raise `GitError`."""
        return await inspection.resolve(self._git, revision)

    async def tree_of(self, revision: str) -> str:
        """Return the id of the tree of a commit or tree; raises what `resolve` raises."""
        return await inspection.tree_of(self._git, revision)

    async def find_commit(self, revision: str) -> str | None:
        """Return the id of the commit that `revision` names, or None."""
        return await inspection.find_commit(self._git, revision)

    async def find_commits(self, revisions: Sequence[str]) -> tuple[str | None, ...]:
        """Return, for each revision, the id of the commit that it names, or None."""
        return await inspection.find_commits(self._git, revisions)

    async def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Return whether `descendant` contains `ancestor`; a commit contains itself."""
        return await inspection.is_ancestor(self._git, ancestor, descendant)

    async def existing_commits(self, commits: Collection[str]) -> frozenset[str]:
        """Return the commits whose objects exist."""
        return await inspection.existing_commits(self._git, commits)

    async def not_contained(self, commits: Collection[str], tips: Iterable[str]) -> frozenset[str]:
        """Return the commits that are not reachable from any of the tips. All must exist."""
        return await inspection.not_contained(self._git, commits, tips)

    async def status(self) -> WorkTreeStatus:
        """Return the user's local changes, without refreshing the index."""
        return await inspection.status(self._git)

    async def diff_stat(self, base: str, tip: str) -> DiffStat:
        """Return the lines added and deleted between two commits or trees."""
        return await inspection.diff_stat(self._git, base, tip)

    async def diff_text(self, base: str, tip: str, *, max_bytes: int = MAX_DIFF_BYTES) -> str:
        """Return a unified diff between two commits or trees, truncated with a note."""
        return await inspection.diff_text(self._git, base, tip, max_bytes=max_bytes)

    async def changed_files(self, base: str, tip: str) -> tuple[ChangedFile, ...]:
        """Return the files that differ between two commits or trees, with renames detected."""
        return await inspection.changed_files(self._git, base, tip)

    async def change_of(self, commit: str) -> CommitChange:
        """Return the changes between a commit and its parent, with renames detected."""
        return await inspection.change_of(self._git, commit)

    async def file_at(self, revision: str, path: str) -> bytes | None:
        """Return a file's content (a symlink's target) in a commit or tree, or None."""
        return await inspection.file_at(self._git, revision, path)

    async def files_at(self, wanted: Sequence[FileName]) -> dict[FileName, bytes]:
        """Return the contents of files, each in a commit or tree; omit missing ones."""
        return await inspection.files_at(self._git, wanted)

    async def list_files(self, revision: str) -> tuple[str, ...]:
        """Return the files of a commit or tree, sorted by path."""
        return await inspection.list_files(self._git, revision)

    async def renamed_files(self, paths: Iterable[str]) -> dict[str, str]:
        """Return the current paths of renamed files that are missing, by their former paths."""
        return await renames.renamed_files(self._git, self.root, paths)

    async def new_files(self) -> tuple[str, ...]:
        """Return the files that are not in the last commit."""
        return await renames.new_files(self._git)

    async def log(self, base: str, tip: str, *, limit: int = MAX_COMMITS) -> tuple[Commit, ...]:
        """Return the commits in `tip` but not in `base`, newest first."""
        return await inspection.log(self._git, base, tip, limit=limit)

    async def commits_mentioning(self, phrase: str, tip: str, base: str = "") -> tuple[Commit, ...]:
        """Return the commits in `tip` but not in `base` with a phrase in their message."""
        return await history.commits_mentioning(self._git, phrase, tip, base)

    async def describe(self, commits: Sequence[str]) -> tuple[Commit, ...]:
        """Return commits by their ids, in the given order."""
        return await history.describe(self._git, commits)

    async def changes(
        self, pairs: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], tuple[ChangedFile, ...]]:
        """Return the files that changed between the two commits of each pair."""
        return await history.changes(self._git, pairs)

    # Branches under podium/.

    async def create_branch(self, branch: str, commit: str) -> None:
        """Create a Podium branch; it may already exist at this commit.

        Raises:
            WriteConflict: it exists at another commit.
            GitError: it is not a Podium branch.
        """
        await references.create_branch(self._git, branch, commit)

    async def update_branch(
        self, branch: str, new: str, *, expected_old: str, keep: str = "", start: str = ""
    ) -> None:
        """Move a Podium branch; it may already be there.

        Args:
            branch: the branch.
            new: the new commit.
            expected_old: the commit where the branch must be now; empty if it must not exist.
            keep: a ref under `refs/podium/` that moves with the branch, so that the commits outlive
                it; empty for none.
            start: a ref under `refs/podium/` that is set to the branch's old commit.

        Raises:
            WriteConflict: it is not at `expected_old`.
            GitError: it is not a Podium branch.
        """
        await references.update_branch(
            self._git, branch, new, expected_old=expected_old, keep=keep, start=start
        )

    async def delete_branch(self, branch: str, *, expected_old: str) -> None:
        """Delete a Podium branch; it may already be gone.

        Raises:
            WriteConflict: it is not at `expected_old`.
            GitError: it is not a Podium branch.
        """
        await references.delete_branch(self._git, branch, expected_old=expected_old)

    async def list_branches(self) -> dict[str, str]:
        """Return Podium's branches with their commits."""
        return await references.list_branches(self._git)

    async def adds_nothing_to(self, commit: str, tip: str) -> bool:
        """Return whether `tip` contains a commit, or a parent of it with the same files."""
        return await references.adds_nothing_to(self._git, commit, tip)

    # Worktrees.

    def worktree_folder(self, *parts: str) -> Path:
        """Return the folder of the worktree with this name, in the cache, one level per part."""
        return worktrees.folder_for(self.git_common_dir, self.cache, parts)

    async def add_worktree(self, folder: Path, branch: str, base: str) -> Worktree:
        """Create a worktree, or return the existing one with its contents.

        A worktree that a killed process left incomplete is recreated.

        Args:
            folder: an absolute path, normally from `worktree_folder`.
            branch: one of Podium's branches, see `podium.workspace.names.branch_name`. An existing
                branch does not move; use `reset_worktree` to start over.
            base: the commit where a new branch starts.

        Raises:
            GitError: the folder is a worktree for something else, or git cannot create it.
        """
        return await worktrees.add(self._git, self.git_common_dir, folder, branch, base)

    async def add_detached_worktree(self, folder: Path, commit: str) -> Worktree:
        """Create a worktree without a branch, or return the existing one, at any commit."""
        return await worktrees.add(self._git, self.git_common_dir, folder, None, commit)

    def open_worktree(self, folder: Path) -> Worktree:
        """Return Podium's worktree at `folder`."""
        return worktrees.open_at(self.git_common_dir, folder)

    def list_worktrees(self, of: Callable[[str], bool] | None = None) -> tuple[Worktree, ...]:
        """Return Podium's worktrees by folder, but not the user's; with `of`, by their branches."""
        return worktrees.list_all(self.git_common_dir, of)

    def has_worktree(self, folder: Path, branch: str) -> bool:
        """Return whether Podium's worktree for a branch is at `folder`."""
        return worktrees.is_present(self.git_common_dir, folder, branch)

    async def remove_worktree(self, worktree: Worktree) -> Checkpoint | None:
        """Remove a worktree and its folder, but not its branch. It may already be gone.

        Returns:
            The checkpoint of uncommitted work, or None if there was none.

        Raises:
            GitError: Podium did not create it.
        """
        return await worktrees.remove(self.git_common_dir, worktree)

    def worktree_remains(self) -> worktrees.Remains:
        """Return the remains of worktrees whose creation or removal was interrupted."""
        return worktrees.find_remains(self.git_common_dir, self.cache)

    async def remove_worktree_remains(self) -> None:
        """Remove what `worktree_remains` returns, once no process creates or removes worktrees."""
        await worktrees.remove_remains(self.git_common_dir, self.cache)

    async def reset_worktree(self, worktree: Worktree, commit: str) -> Checkpoint | None:
        """Reset a worktree and its branch to exactly `commit`; ignored files are kept.

        No process may be using the folder.

        Returns:
            The checkpoint of work that would have been lost, or None if there was none.
        """
        opened = self.open_worktree(worktree.folder)
        return await checkpoints.go_to(worktrees.git_at(opened), commit, opened.branch)

    async def checkout_detached(
        self, worktree: Worktree, commit: str, setup_files: PreparedFiles | None = None
    ) -> Checkpoint | None:
        """Reset a worktree to exactly `commit` without moving a branch; ignored files are kept.

        The set-up commands' changes are kept too; other uncommitted work is then discarded.

        Returns:
            The checkpoint of uncommitted work, or None if there was none.
        """
        git = worktrees.git_at(self.open_worktree(worktree.folder))
        return await prepared_files.go_to(git, commit, setup_files)

    async def commit_all(
        self,
        worktree: Worktree,
        message: str,
        *,
        author: Identity | None = None,
        after: str = "",
        setup_files: PreparedFiles | None = None,
    ) -> str | None:
        """Commit everything in a worktree to its branch, including new files but not ignored ones.

        Args:
            worktree: created by `add_worktree`.
            message: the whole message.
            author: by default the user, or Podium if git has no identity.
            after: the branch tip before this change; if the branch already has this commit, made
                before a crash, changes made since then are discarded.
            setup_files: the changes that set-up commands made; they are not committed.

        Returns:
            The commit's id, or None if there is nothing to commit.

        Raises:
            GitError: the worktree has no branch, or contains a nested repository.
        """
        opened = self.open_worktree(worktree.folder)
        return await commits.commit_all(
            opened, message, author, after=after, setup_files=setup_files
        )

    async def discard_changes(
        self, worktree: Worktree, commit: str, setup_files: PreparedFiles | None = None
    ) -> None:
        """Reset a worktree to exactly `commit`; keep ignored and set-up files."""
        git = worktrees.git_at(self.open_worktree(worktree.folder))
        await prepared_files.discard_changes(git, commit, setup_files)

    async def tree_with(self, commit: str, setup_files: PreparedFiles) -> str:
        """Return the tree of a commit together with the set-up commands' changes."""
        return await prepared_files.tree_with(self._git, commit, setup_files)

    async def clear_stale_locks(self) -> Sweep:
        """Remove the lock files that killed git commands left behind, and report the others.

        Never removes a lock that a live process may hold, or that Podium did not create.
        """
        return await clear_stale_locks(self._git)

    def find_stale_locks(self) -> Sweep:
        """Return the lock files that `clear_stale_locks` would remove, and the others."""
        return sweep(self._git, dry_run=True)

    # Checkpoints.

    async def checkpoint(self, folder: Path, ref: str, message: str) -> Checkpoint:
        """Save the whole state of the user's checkout or of a worktree, including new files.

        Neither files nor the index change. Ignored files and nested repositories are excluded.

        Args:
            folder: `root`, or the folder of a Podium worktree.
            ref: a name under `refs/podium/`.
            message: the purpose of the checkpoint.

        Returns:
            The checkpoint; the existing one if it is the same.

        Raises:
            WriteConflict: the ref already has a different state.
            GitError: the folder is neither of these, or the ref is not under `refs/podium/`.
        """
        return await checkpoints.take(self._git_at(folder), ref, message)

    async def restore(
        self, worktree: Worktree, checkpoint: str, paths: Sequence[str] | None = None
    ) -> Checkpoint | None:
        """Restore a worktree, or some of its paths, from a checkpoint; HEAD does not move.

        Files that are not in the checkpoint are removed, ignored files are kept. No process may be
        using the folder.

        Args:
            worktree: one of Podium's; the user's own checkout is never restored.
            checkpoint: its commit or ref.
            paths: files or folders relative to the worktree; None for everything.

        Returns:
            The checkpoint of the previous state, or None if that state was the same as HEAD.

        Raises:
            GitError: it is not a Podium worktree, or neither side has one of the paths.
        """
        git = worktrees.git_at(self.open_worktree(worktree.folder))
        return await checkpoints.restore(git, checkpoint, paths)

    async def find_checkpoint(self, ref: str) -> Checkpoint | None:
        """Return the checkpoint under `ref`, or None."""
        return await references.find_checkpoint(self._git, ref)

    async def list_checkpoints(self, prefix: str = REF_PREFIX) -> tuple[Checkpoint, ...]:
        """Return the checkpoints at or under a ref, oldest first."""
        return await references.list_checkpoints(self._git, prefix)

    async def delete_checkpoints(self, found: Sequence[Checkpoint]) -> None:
        """Delete checkpoints; missing ones are skipped."""
        await references.delete_checkpoints(self._git, tuple(found))

    async def file_states(self, path: str) -> tuple[FileState, ...]:
        """Return a file's states in HEAD and the checkpoints, newest first."""
        return await kept_files.states_of(self._git, path)

    async def file_blobs(self, path: str, content: bytes) -> frozenset[str]:
        """Return the blob ids that git may have for a file's content."""
        return await kept_files.blobs_of(self._git, path, content)

    async def state_content(self, state: FileState, path: str) -> bytes:
        """Return a file's content in one of its states, as in a checkout."""
        return await kept_files.content_of(self._git, state, path)

    async def keep_file(self, path: str, content: bytes, message: str) -> Checkpoint:
        """Save a file's exact content as a separate checkpoint."""
        return await kept_files.keep(self._git, path, content, message)

    # Merging and landing.

    async def merge(self, ours: str, theirs: str) -> MergedTree | Conflicts:
        """Return the merged tree of two commits, or their conflicts; no branch moves.

        Raises:
            GitError: a commit is unknown, or the two have no common history.
        """
        return await merging.merge(self._git, ours, theirs)

    async def commit_tree(
        self, tree: str, parents: Sequence[str], message: str, *, author: Identity | None = None
    ) -> str:
        """Create a commit of `tree` and return its id; no branch moves."""
        who = await staging.identities(self._git, author)
        return await references.commit_tree(self._git, tree, tuple(parents), message, who)

    async def preview_landing(self, branch: str) -> LandingPreview:
        """Return the effect of landing a Podium branch in the user's checkout."""
        return await landing.preview(self._git, branch)

    async def land(self, branch: str, *, message: str, expected: LandingPreview) -> Landed:
        """Land a Podium branch in the user's checkout, as previewed.

        The user's other local changes are kept; staged changes stay staged.

        Args:
            branch: the branch to land.
            message: the message of the merge commit, if one is needed.
            expected: the preview that the user agreed to.

        Raises:
            MergeConflict: the preview is out of date, HEAD is detached, a git operation is
                unfinished, there are conflicts, or local changes would be overwritten.
        """
        return await landing.land(self._git, self.git_common_dir, branch, message, expected)

    def _git_at(self, folder: Path) -> Git:
        if os.path.realpath(folder) == str(self.root):
            return self._git
        return worktrees.git_at(self.open_worktree(folder))
