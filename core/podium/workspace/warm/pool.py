"""A repository's pool of reusable worktrees.

A worktree is in one of three states, which its mark and the files beside it show:

- taken: its mark names a branch;
- free: its mark is empty, and a file beside it, written last on release, says that it is free;
- in doubt: neither, because a process was killed in between. Such a worktree is discarded.

The process that takes or releases a worktree holds a lock beside it; git inherits the lock.
"""

import contextlib
import os
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import anyio.to_thread

from podium.errors import GitError
from podium.platform.process.folder_users import is_used
from podium.workspace import prepared_files, worktrees
from podium.workspace.names import LOCK_NAME
from podium.workspace.plumbing.delete_tree import delete_tree
from podium.workspace.plumbing.locks import exclusive
from podium.workspace.plumbing.programs import act
from podium.workspace.repository import Repository
from podium.workspace.values import Checkpoint, PreparedFiles, Worktree
from podium.workspace.warm import administration, ready_state
from podium.workspace.warm.checkout_key import checkout_key
from podium.workspace.warm.listing import Listing, purge, rescan, scan
from podium.workspace.warm.pool_folder import PoolFolder, worktree_of
from podium.workspace.warm.ready_state import (
    FREE,
    INDEX,
    LOCK,
    ReadyState,
    beside,
)

_POOL = "pool"
_ATTRIBUTES = ".gitattributes"
_KEEPS = "keeps"
_INDEX_BYTES = 100
"""Approximate size of a file's entry in git's index."""


@dataclass(frozen=True)
class Taken:
    """A worktree taken from the pool.

    Args:
        worktree: at exactly the requested commit, with files that steps made for a previous task.
        listing: its files.
        former: its state when it was last made ready; None if it is new.
        keeps: whether the folders to keep were valid when it was released.
        checkout: see `ReadyState`; empty if the worktree cannot be reused.
    """

    worktree: Worktree
    listing: Listing
    checkout: str
    base: str
    former: ReadyState | None = None
    keeps: bool = False

    @property
    def is_intact(self) -> bool:
        """Whether everything is still as the steps left it for the previous task."""
        return self.former is not None and all(map(self.is_as_before, self.former.made))

    def is_as_before(self, path: str) -> bool:
        """Return whether a path is still as the steps left it."""
        assert self.former is not None, "only asked of a worktree that was given out before"
        if path.endswith("/"):
            return path[:-1] in self.listing.folders
        return self.listing.files.get(path) == self.former.listing.files.get(path)


@dataclass(frozen=True)
class WorktreePool:
    """The pool of one repository.

    Args:
        repository: the repository.
        most: the maximum number of worktrees to keep.
        kept: folders in a worktree whose contents are kept while the set-up commands are the same.
    """

    repository: Repository
    most: int
    kept: frozenset[str] = frozenset()

    @property
    def home(self) -> Path:
        """The folder of the pool."""
        return self._folder.home

    @property
    def _folder(self) -> PoolFolder:
        return PoolFolder(self.repository.worktree_folder(_POOL), self.repository.cache)

    def find(self, branch: str) -> Worktree | None:
        """Return the worktree that was taken for a branch, or None."""
        return next((each for each in self.worktrees() if each.branch == branch), None)

    def worktrees(self) -> tuple[Worktree, ...]:
        """Return all worktrees of the pool."""
        found = self.repository.list_worktrees()
        return tuple(each for each in found if each.folder.parent == self.home)

    async def take(self, branch: str, base: str) -> Taken:
        """Return a worktree at `base` on a new branch: a free one if possible, otherwise a new one.

        A worktree that was taken for the branch before, but never made ready, is discarded.

        Raises:
            GitError: the branch exists at another commit, or git cannot create a worktree.
        """
        if (unfinished := self.find(branch)) is not None:
            await self.discard(unfinished)
        checkout = await checkout_key(self.repository, self._folder.new_mode())
        while (claimed := await self._claim(branch)) is not None:
            worktree, keeps, fd = claimed
            try:
                taken = await self._warm_up(worktree, branch, base, checkout, fd)
                if taken is not None:
                    return replace(taken, keeps=keeps)
                await self._discard(worktree)
            finally:
                os.close(fd)
        return await self._make(branch, base, checkout)

    async def remove_made(self, taken: Taken, *, keep: bool) -> Taken:
        """Remove what the steps made for the previous task, and return the worktree's new state.

        Args:
            taken: a worktree from the pool.
            keep: whether to keep the folders to keep.
        """
        return await anyio.to_thread.run_sync(self._remove_made, taken, keep)

    async def save_ready(
        self, taken: Taken, *, setup: str = "", steps: str = "", changed: bool = False
    ) -> None:
        """Save the state of a worktree that is ready for its task.

        Args:
            taken: the worktree.
            setup: the key of the set-up commands.
            steps: the key of all steps that prepared it.
            changed: whether steps were carried out; if not, their previous results are still there.
        """
        if taken.checkout:
            await anyio.to_thread.run_sync(self._save, taken, (setup, steps), changed)

    async def release(
        self, worktree: Worktree, *, setup: str = "", setup_files: PreparedFiles | None = None
    ) -> Checkpoint | None:
        """Release a worktree whose work is committed; discard it if it cannot be reused.

        Args:
            worktree: it may already be gone.
            setup: the current key of the set-up commands; folders to keep stay if it is unchanged.
            setup_files: the set-up commands' changes, which are not the task's work.

        Returns:
            The checkpoint of uncommitted work, or None.
        """
        if worktree not in self.worktrees() or not worktree.branch:
            return None
        async with exclusive(beside(worktree.folder, LOCK)) as fd:
            if worktree not in self.worktrees():
                return None  # another process released it meanwhile
            rescued = await self._rescue(worktree, setup_files)
            # It no longer belongs to the branch: from here on it is in doubt.
            worktrees.mark(worktree, None)
            state = await self._clean(worktree, fd, setup)
            if state is None:
                await self._discard(worktree)
            else:
                keeps = _KEEPS if state.setup == setup else ""
                self._folder.write(beside(worktree.folder, FREE), keeps)
        return rescued

    async def discard(self, worktree: Worktree) -> Checkpoint | None:
        """Remove a worktree and the files beside it; uncommitted work is saved first."""
        rescued = await self.repository.remove_worktree(worktree)
        await anyio.to_thread.run_sync(self._folder.remove_files, worktree.folder)
        return rescued

    def in_doubt(self) -> tuple[Path, ...]:
        """Return worktrees whose taking or release was interrupted, and files without a worktree.

        Those that a live process uses, or may be preparing, are omitted.
        """
        present = {each.folder for each in self.worktrees()}
        doubtful = [
            each.folder
            for each in self.worktrees()
            if not each.branch and not beside(each.folder, FREE).exists()
        ]
        orphans = {worktree_of(each) for each in self.home.glob("*")} - present - {None}
        found = [*doubtful, *sorted(each for each in orphans if each is not None)]
        return tuple(
            each for each in found if not self._folder.is_locked(each) and not is_used(each)
        )

    async def remove(self, doubtful: Collection[Path]) -> None:
        """Remove what `in_doubt` returned, unless it is in use by now."""
        present = {each.folder: each for each in self.worktrees()}
        for folder in await anyio.to_thread.run_sync(self.in_doubt):
            if folder not in doubtful:
                continue
            if folder in present:
                await self._discard(present[folder])
            else:
                await anyio.to_thread.run_sync(self._folder.remove_files, folder)

    def free(self) -> tuple[Worktree, ...]:
        """Return the free worktrees."""
        return tuple(
            each
            for each in self.worktrees()
            if not each.branch and beside(each.folder, FREE).exists()
        )

    async def remove_free(self, worktree: Worktree) -> None:
        """Remove a free worktree, unless it is being taken right now."""
        async with exclusive(self.repository.git_common_dir / LOCK_NAME):
            if worktree not in self.free() or is_used(worktree.folder):
                return
            self._folder.remove(beside(worktree.folder, FREE))
        await self._discard(worktree)

    @asynccontextmanager
    async def on_trial(self, commit: str) -> AsyncGenerator[Worktree]:
        """Provide a temporary worktree without a branch; it is removed with everything in it."""
        folder, fd = self._folder.new_place(worktrees.folders(self.repository.git_common_dir))
        try:
            worktree = await self.repository.add_detached_worktree(folder, commit)
            try:
                yield worktree
            finally:
                await self._discard(worktree)
        finally:
            os.close(fd)

    # Taking.

    async def _claim(self, branch: str) -> tuple[Worktree, bool, int] | None:
        """Mark a free worktree as taken.

        Returns:
            The worktree, whether its folders to keep are valid, and the descriptor of its lock.
        """
        async with exclusive(self.repository.git_common_dir / LOCK_NAME):
            for each in self.free():
                fd = self._folder.try_lock(each.folder)
                if fd is None:
                    continue
                if is_used(each.folder):
                    os.close(fd)
                    continue
                keeps = self._folder.read(beside(each.folder, FREE)) == _KEEPS
                self._folder.remove(beside(each.folder, FREE))
                return worktrees.mark(each, branch), keeps, fd
        return None

    async def _warm_up(
        self, worktree: Worktree, branch: str, base: str, checkout: str, fd: int
    ) -> Taken | None:
        """Reset a worktree to exactly `base`; return None if a new one is needed."""
        state = await anyio.to_thread.run_sync(self._purge, worktree, None)
        if state is None or not checkout or state[0].checkout != checkout:
            return None
        former, left = state
        done = await act(
            worktrees.git_at(worktree),
            *("checkout", "--quiet", "--force", "--no-recurse-submodules", "-b", branch, base),
            accept=range(256),
            inherit_fds=(fd,),
        )
        if done.code != 0:
            return None
        now = await anyio.to_thread.run_sync(rescan, worktree.folder, left, self.kept)
        if _attributes(now) != _attributes(former.listing):
            return None
        return Taken(worktree, now, checkout, base, former)

    async def _make(self, branch: str, base: str, checkout: str) -> Taken:
        folder, fd = self._folder.new_place(worktrees.folders(self.repository.git_common_dir))
        try:
            made = await self.repository.add_worktree(folder, branch, base)
            if not made.is_new:
                await self.repository.reset_worktree(made, base)
            listing = Listing()
            if not administration.is_ordinary(made.git_dir):
                checkout = ""
            if checkout:
                listing = await anyio.to_thread.run_sync(scan, folder, self.kept)
            return Taken(made, listing, checkout, base)
        finally:
            os.close(fd)

    def _save(self, taken: Taken, keys: tuple[str, str], changed: bool) -> None:
        folder = taken.worktree.folder
        now, made = taken.listing, taken.former.made if taken.former else ()
        if changed:
            now = scan(folder, self.kept)
            made = _made(taken.listing, now)
        state = ReadyState(taken.base, taken.checkout, *keys, now, made)
        index = taken.worktree.git_dir / "index"
        ready_state.save(folder, state, index, root=self.repository.cache)

    def _remove_made(self, taken: Taken, keep: bool) -> Taken:
        top = taken.worktree.folder
        former = taken.former
        made = former.made if former else ()
        for each in made:
            if not each.endswith("/") and taken.is_as_before(each):
                (top / each).unlink(missing_ok=True)
        for each in sorted((each for each in made if each.endswith("/")), reverse=True):
            with contextlib.suppress(OSError):  # git may have files there by now
                (top / each).rmdir()
        for each in () if keep else self.kept:
            delete_tree(top / each)
        return replace(taken, listing=scan(top, self.kept), former=None)

    # Releasing.

    async def _rescue(
        self, worktree: Worktree, setup_files: PreparedFiles | None
    ) -> Checkpoint | None:
        """Save uncommitted work, even if the task damaged the index."""
        with contextlib.suppress(GitError):
            git = worktrees.git_at(worktree)
            if setup_files is not None and await prepared_files.is_saved(git, setup_files):
                return None
            return await worktrees.rescue(worktree)
        index = beside(worktree.folder, INDEX)
        if index.exists() and administration.reset(worktree.git_dir, worktree.folder):
            ready_state.copy_index(index, worktree.git_dir / "index")
        return await worktrees.rescue(worktree)

    async def _clean(self, worktree: Worktree, fd: int, setup: str) -> ReadyState | None:
        """Remove the previous task; return None if the worktree cannot be reused."""
        if len(self.worktrees()) > self.most or is_used(worktree.folder):
            return None
        try:
            found = await anyio.to_thread.run_sync(self._purge, worktree, setup)
            if found is None:
                return None
            head = ("update-ref", "--no-deref", "-m", "podium", "HEAD", found[0].base)
            await act(worktrees.git_at(worktree), *head, inherit_fds=(fd,))
        except (GitError, OSError):
            return None
        return found[0]

    def _purge(self, worktree: Worktree, setup: str | None) -> tuple[ReadyState, Listing] | None:
        """Restore everything except the files that git writes; return the state and what is left.

        The folders to keep stay if the set-up commands are unchanged, or if `setup` is None.
        """
        state = self._load(worktree)
        index = beside(worktree.folder, INDEX)
        if state is None or not index.exists():
            return None
        if not administration.reset(worktree.git_dir, worktree.folder):
            return None
        kept = self.kept if setup in (None, state.setup) else frozenset[str]()
        left = purge(worktree.folder, state.listing, kept)
        ready_state.copy_index(index, worktree.git_dir / "index")
        return state, left

    async def _discard(self, worktree: Worktree) -> None:
        await worktrees.discard(self.repository.git_common_dir, worktree.folder)
        await anyio.to_thread.run_sync(self._folder.remove_files, worktree.folder)

    def _load(self, worktree: Worktree) -> ReadyState | None:
        return ready_state.load(worktree.folder, root=self.repository.cache)


def about_files(git_dir: Path) -> int:
    """Return the approximate number of files in a worktree; inspects one file."""
    try:
        return (git_dir / "index").stat().st_size // _INDEX_BYTES
    except FileNotFoundError:
        return 0


def _attributes(listing: Listing) -> dict[str, object]:
    """Return the files that affect how git writes other files."""
    return {
        path: stamp
        for path, stamp in listing.files.items()
        if path.endswith(_ATTRIBUTES) and path.rpartition("/")[2] == _ATTRIBUTES
    }


def _made(before: Listing, after: Listing) -> tuple[str, ...]:
    """Return the paths that differ between two listings; new folders end with a slash."""
    paths = {*before.files, *after.files}
    changed = [each for each in paths if before.files.get(each) != after.files.get(each)]
    folders = [f"{each}/" for each in after.folders if each not in before.folders]
    return (*sorted(changed), *sorted(folders))
