"""How soon an attempt's worktree is ready: one that is given out again beside a new one."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from podium.workspace.repository import Repository
from podium.workspace.warm.pool import WorktreePool
from tests.support.repositories import commit_files, git, make_repository

_PER_FOLDER = 100


def ready_times(place: Path, files: int, pairs: int) -> Iterator[tuple[float, float, float]]:
    """Measure both in turn; every base has another commit, as in a chain of tasks.

    Yields:
        The seconds until a warm worktree is ready, for its release, and for `git worktree add`.
    """
    names = (f"d{number // _PER_FOLDER}/f{number}.py" for number in range(files))
    root = make_repository(place / "app", {name: f"name = {name!r}\n" * 20 for name in names})
    for number in range(pairs + 1):
        base = commit_files(root, {f"d0/changed{number}.py": "x = 1\n"})
        ready, released = asyncio.run(_use(root, place / "cache", f"podium/b/w{number}", base))
        if number:  # the first one is new
            yield ready, released, _worktree_add(root, place / f"by-hand-{number}", base)


async def _use(root: Path, cache: Path, branch: str, base: str) -> tuple[float, float]:
    repository = await Repository.discover(root, cache=cache)
    pool = WorktreePool(repository, most=2)
    began = time.perf_counter()
    taken = await pool.take(branch, base)
    await pool.save_ready(taken)
    ready = time.perf_counter()
    (taken.worktree.folder / "d1" / "made.py").write_text("x = 2\n")
    await repository.commit_all(taken.worktree, "feat: change")
    before = time.perf_counter()
    await pool.release(taken.worktree)
    return ready - began, time.perf_counter() - before


def _worktree_add(root: Path, folder: Path, base: str) -> float:
    began = time.perf_counter()
    command = ["git", "worktree", "add", "-q", "-b", folder.name, str(folder), base]
    subprocess.run(command, cwd=root, check=True)
    took = time.perf_counter() - began
    git(root, "worktree", "remove", "--force", str(folder))
    return took
