"""Finds and removes what dead processes left behind: locks, temporary files, worktrees, branches.

Never touches anything that a live process may use, nor a commit that is not reachable otherwise.
"""

import os
import re
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio.to_thread

from podium.entities.tasks import load_progress
from podium.errors import PodiumError
from podium.model import layout
from podium.model.ids import ALPHABET, LENGTH
from podium.model.runs import END_STATES
from podium.model.states import TaskState
from podium.platform.process.living import living_processes
from podium.platform.temporary_files import stale_index_folders, stale_temporary_files
from podium.store import Store
from podium.workspace.names import RESULTS_PREFIX, branch_name
from podium.workspace.plumbing.delete_tree import delete_tree
from podium.workspace.plumbing.stale_locks import KeptLock
from podium.workspace.repository import Repository
from podium.workspace.values import Worktree
from podium.workspace.warm.pool import WorktreePool
from podium.workspace.worktrees import Remains

_ID = rf"[{ALPHABET}]{{{LENGTH}}}"
_ATTEMPT = re.compile(rf"podium/(?P<plan>[^/]+)/(?P<task>.+)-(?P<run>r-{_ID})-[0-9]+")


@dataclass(frozen=True)
class LeftOvers:
    """The leftovers of dead processes.

    Args:
        locks: git's lock files that no process holds.
        other_locks: lock files that must not be removed, each with the reason.
        files: temporary files.
        worktrees: worktrees of finished tasks.
        remains: remains of worktrees whose creation or removal was interrupted.
        branches: branches of attempts, with their commits, which other branches contain.
        folders: temporary folders with copies of git's index.
        in_doubt: worktrees whose taking or release was interrupted.
    """

    locks: tuple[Path, ...] = ()
    other_locks: tuple[KeptLock, ...] = ()
    files: tuple[Path, ...] = ()
    worktrees: tuple[Worktree, ...] = ()
    remains: Remains = field(default_factory=Remains)
    branches: Mapping[str, str] = field(default_factory=dict[str, str])
    folders: tuple[Path, ...] = ()
    in_doubt: tuple[Path, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return human-readable names of everything that can be removed."""
        paths = (
            *self.locks,
            *self.files,
            *(each.folder for each in self.worktrees),
            *self.remains.folders,
            *self.folders,
            *self.in_doubt,
        )
        return (*map(str, paths), *self.branches)


async def find_left_overs(
    repository: Repository, store: Store, home: Path, *, is_running: bool
) -> LeftOvers:
    """Return the leftovers without changing anything.

    Args:
        repository: the project's repository.
        store: the project's store.
        home: the folder that contains `.podium`.
        is_running: whether a runner is active, which may be using worktrees and branches.
    """
    locks = repository.find_stale_locks()
    find = partial(stale_temporary_files, [home / ".podium"])
    files = tuple(await anyio.to_thread.run_sync(find))
    temp = Path(tempfile.gettempdir())
    folders = tuple(await anyio.to_thread.run_sync(stale_index_folders, temp))
    if is_running:
        return LeftOvers(locks.removed, locks.kept, files, folders=folders)
    worktrees = _finished_worktrees(repository, store)
    return LeftOvers(
        locks=locks.removed,
        other_locks=locks.kept,
        files=files,
        worktrees=worktrees,
        remains=repository.worktree_remains(),
        branches=await _contained_branches(repository, store, worktrees),
        folders=folders,
        in_doubt=await anyio.to_thread.run_sync(WorktreePool(repository, most=0).in_doubt),
    )


async def remove_left_overs(repository: Repository, found: LeftOvers) -> tuple[str, ...]:
    """Remove what was found; return one sentence for each thing that could not be removed."""
    await repository.clear_stale_locks()
    problems = [problem for path in found.files if (problem := _unlink(path))]
    pool = WorktreePool(repository, most=0)
    removals: list[tuple[str, Callable[[], Awaitable[object]]]] = [
        *((str(each), partial(_remove_folder, each)) for each in found.folders),
        ("", partial(pool.remove, found.in_doubt)),
        *((str(each.folder), partial(_remove, repository, each)) for each in found.worktrees),
        ("", repository.remove_worktree_remains),
        *(
            (name, partial(repository.delete_branch, name, expected_old=commit))
            for name, commit in found.branches.items()
        ),
    ]
    for name, remove in removals:
        try:
            await remove()
        except (PodiumError, OSError) as error:
            problems.append(f"{name}: {error}" if name else str(error))
    return tuple(problems)


def _unlink(path: Path) -> str:
    """Remove a file; return why that is not possible, or an empty string."""
    try:
        path.unlink(missing_ok=True)
    except PermissionError as error:
        return f"{path}: {error.strerror}"
    return ""


async def _remove_folder(folder: Path) -> None:
    await anyio.to_thread.run_sync(delete_tree, folder)


async def _remove(repository: Repository, worktree: Worktree) -> None:
    await repository.remove_worktree(worktree)


def _finished_worktrees(repository: Repository, store: Store) -> tuple[Worktree, ...]:
    """Return unused worktrees of done tasks in ended runs."""
    found = [
        each
        for each in repository.list_worktrees()
        if each.branch and (attempt := _attempt(each.branch)) and _is_finished(store, *attempt)
    ]
    if not found:
        return ()
    living = living_processes(without=(os.getpid(),))
    return tuple(
        each for each in found if not any(one.places and one.is_in([each.folder]) for one in living)
    )


async def _contained_branches(
    repository: Repository, store: Store, removed: Sequence[Worktree]
) -> dict[str, str]:
    """Return the attempt branches of ended runs that another branch contains, without worktrees."""
    in_use = {each.branch for each in repository.list_worktrees() if each not in removed}
    branches = await repository.list_branches()
    head = (await repository.head()).commit
    found: dict[str, str] = {}
    for name, commit in branches.items():
        attempt = _attempt(name)
        if attempt is None or name in in_use or not _has_ended(store, attempt[2]):
            continue
        plan = attempt[0]
        keepers = [head, branches.get(branch_name(plan, "integration"))]
        keepers.append(await repository.find_commit(f"{RESULTS_PREFIX}{plan}"))
        for keeper in keepers:
            if keeper and await repository.is_ancestor(commit, keeper):
                found[name] = commit
                break
    return found


def _attempt(branch: str) -> tuple[str, str, str] | None:
    """Return the plan, task and run of an attempt's branch."""
    match = _ATTEMPT.fullmatch(branch)
    return (match["plan"], match["task"], match["run"]) if match else None


def _is_finished(store: Store, plan_id: str, task_id: str, run_id: str) -> bool:
    progress = load_progress(store, plan_id).get(task_id)
    done = progress is not None and progress.state is TaskState.DONE
    return done and _has_ended(store, run_id)


def _has_ended(store: Store, run_id: str) -> bool:
    run = store.get(layout.run(run_id))
    return run is not None and run.state in END_STATES
