"""Finds and removes what dead processes left behind: locks, temporary files, worktrees, branches.

Never touches anything that a live process may use, nor a commit that is not reachable otherwise.
"""

import contextlib
import os
import re
from collections.abc import Mapping, Sequence
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
from podium.platform.temporary_files import stale_temporary_files
from podium.store import Store
from podium.workspace.names import RESULTS_PREFIX, branch_name
from podium.workspace.plumbing.stale_locks import KeptLock
from podium.workspace.repository import Repository
from podium.workspace.values import Worktree
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
        remains: parts of worktrees that were only partly created or removed.
        branches: branches of attempts with their commits, which other branches contain.
    """

    locks: tuple[Path, ...] = ()
    other_locks: tuple[KeptLock, ...] = ()
    files: tuple[Path, ...] = ()
    worktrees: tuple[Worktree, ...] = ()
    remains: Remains = field(default_factory=Remains)
    branches: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def names(self) -> tuple[str, ...]:
        """Return human-readable names of everything that can be removed."""
        paths = (
            *self.locks,
            *self.files,
            *(each.folder for each in self.worktrees),
            *self.remains.folders,
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
    if is_running:
        return LeftOvers(locks.removed, locks.kept, files)
    worktrees = _finished_worktrees(repository, store)
    return LeftOvers(
        locks=locks.removed,
        other_locks=locks.kept,
        files=files,
        worktrees=worktrees,
        remains=repository.worktree_remains(),
        branches=await _contained_branches(repository, store, worktrees),
    )


async def remove_left_overs(repository: Repository, found: LeftOvers) -> tuple[str, ...]:
    """Remove the leftovers; return one sentence for each that could not be removed."""
    problems: list[str] = []
    await repository.clear_stale_locks()
    for path in found.files:
        with contextlib.suppress(FileNotFoundError):
            try:
                path.unlink()
            except PermissionError as error:
                problems.append(f"{path}: {error.strerror}")
    for worktree in found.worktrees:
        try:
            await repository.remove_worktree(worktree)
        except (PodiumError, OSError) as error:
            problems.append(f"{worktree.folder}: {error}")
    try:
        await repository.remove_worktree_remains()
    except (PodiumError, OSError) as error:
        problems.append(str(error))
    for branch, commit in found.branches.items():
        try:
            await repository.delete_branch(branch, expected_old=commit)
        except PodiumError as error:
            problems.append(f"{branch}: {error}")
    return tuple(problems)


def _finished_worktrees(repository: Repository, store: Store) -> tuple[Worktree, ...]:
    """Return worktrees of done tasks in ended runs that no process is using."""
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
    """Return attempt branches of ended runs without a worktree that another branch contains."""
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
