"""Several processes at once, and processes that are killed, leave whole worktrees."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import anyio
import psutil
import pytest

from podium.errors import GitError
from podium.workspace.plumbing.locks import exclusive
from tests.core.workspace.projects import BRANCH, added, opened
from tests.support.repositories import commit_files, files_of, git, write_files

pytestmark = pytest.mark.anyio

ADD = """
import sys, anyio
from pathlib import Path
from podium.workspace.repository import Repository

async def main(root, *names):
    repository = await Repository.discover(Path(root), cache=Path(root).parent / "cache")
    for name in names:
        folder = repository.worktree_folder("p-1", name)
        await repository.add_worktree(folder, f"podium/p-1/{name}", "HEAD")

anyio.run(main, *sys.argv[1:])
"""


def started(root: Path, *names: str) -> subprocess.Popen[bytes]:
    """Start a process that adds worktrees."""
    return subprocess.Popen([sys.executable, "-c", ADD, str(root), *names])


@pytest.mark.promise("R4.serial")
async def test_several_processes_add_worktrees_at_once(root: Path) -> None:
    processes = [started(root, *[f"t{number}-{n}" for n in range(3)]) for number in range(4)]

    assert [process.wait() for process in processes] == [0] * 4

    repository = await opened(root)
    worktrees = repository.list_worktrees()
    assert len(worktrees) == 12
    for worktree in worktrees:
        assert git(worktree.folder, "symbolic-ref", "HEAD") == f"refs/heads/{worktree.branch}"
        assert files_of(worktree.folder) == files_of(root)
    assert git(root, "fsck", "--no-progress") == ""


@pytest.mark.promise("R4.serial")
async def test_several_processes_that_add_the_same_worktree_get_the_same(root: Path) -> None:
    processes = [started(root, "t1") for _ in range(4)]

    assert [process.wait() for process in processes] == [0] * 4

    repository = await opened(root)
    assert [worktree.branch for worktree in repository.list_worktrees()] == [BRANCH]


@pytest.mark.promise("R4.serial")
async def test_tasks_of_one_process_add_worktrees_at_once(root: Path) -> None:
    repository = await opened(root)

    async with anyio.create_task_group() as tasks:
        for number in range(6):
            tasks.start_soon(added, repository, f"podium/p-1/t{number}")

    assert len(repository.list_worktrees()) == 6


async def wait_until_exists(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until `path` exists or the process has ended."""
    while not os.path.lexists(path) and process.poll() is None:
        await anyio.sleep(0)


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and every git command that it has started, in that order."""
    children: list[psutil.Process] = []
    with contextlib.suppress(psutil.NoSuchProcess):
        children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    process.wait()


class Gate:
    """A filter of the user's at which every checkout stops.

    Args:
        folder: where the filter's files are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reached = folder / "reached"
        wait = f"while [ ! -e '{folder}/opened' ]; do sleep 0.02; done"
        command = f"touch '{self.reached}'; {wait}; cat"
        git(folder, "config", "--global", "filter.gate.smudge", command)

    def remove(self) -> None:
        """Let later checkouts pass."""
        git(self.folder, "config", "--global", "--unset", "filter.gate.smudge")

    def open(self) -> None:
        """Let the checkout pass that stands here."""
        (self.folder / "opened").touch()


@pytest.fixture
def gate(root: Path, tmp_path: Path) -> Gate:
    commit_files(root, {".gitattributes": "z.txt filter=gate\n", "z.txt": "z\n"})
    return Gate(tmp_path)


@pytest.mark.promise("R4.serial", "R7.kill")
async def test_a_worktree_that_was_killed_half_made_is_made_anew(root: Path, gate: Gate) -> None:
    process = started(root, "t1")
    await wait_until_exists(gate.reached, process)
    kill_all(process)
    gate.remove()
    repository = await opened(root)
    assert repository.list_worktrees() == ()
    assert not (repository.worktree_folder("p-1", "t1") / "z.txt").exists()

    worktree = await added(repository)

    assert files_of(worktree.folder) == files_of(root)
    assert git(worktree.folder, "status", "--porcelain") == ""
    assert git(root, "worktree", "list").count("\n") == 1


@pytest.mark.promise("R4.serial", "R7.kill")
async def test_nobody_enters_while_git_works_on_for_a_killed_process(
    root: Path, gate: Gate
) -> None:
    process = started(root, "t1")
    await wait_until_exists(gate.reached, process)
    process.kill()
    process.wait()
    gate.remove()
    repository = await opened(root)
    with pytest.raises(GitError, match="Another process is changing the worktrees"):
        async with exclusive(root / ".git" / "podium.lock", patience=0.0):
            pytest.fail("the lock was free")

    gate.open()
    worktree = await added(repository)

    assert files_of(worktree.folder) == files_of(root)
    assert git(worktree.folder, "status", "--porcelain") == ""


@pytest.mark.promise("R4.serial", "R7.kill")
@pytest.mark.parametrize(
    "moment",
    [
        "project/.git/podium.lock",
        "project/.git/refs/heads/podium/p-1/t1",
        "project/.git/worktrees/t1",
        "project/.git/worktrees/t1/gitdir",
        "project/.git/worktrees/t1/HEAD",
        "project/.git/worktrees/t1/index",
        "project/.git/worktrees/t1/podium",
        "{folder}",
        "{folder}/.git",
    ],
)
async def test_a_kill_at_any_moment_leaves_nothing_that_stops_the_next(
    root: Path, moment: str
) -> None:
    repository = await opened(root)
    folder = repository.worktree_folder("p-1", "t1")
    process = started(root, "t1")
    await wait_until_exists(root.parent / moment.format(folder=folder), process)
    kill_all(process)

    worktree = await added(repository)

    assert files_of(worktree.folder) == files_of(root)
    assert git(worktree.folder, "status", "--porcelain") == ""
    assert repository.list_worktrees() == (worktree,)
    write_files(worktree.folder, {"work.txt": "w\n"})
    assert await repository.commit_all(worktree, "Work")


async def test_a_cancelled_task_lets_git_finish(root: Path, gate: Gate) -> None:
    repository = await opened(root)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(added, repository)
        while not gate.reached.exists():
            await anyio.sleep(0)
        tasks.cancel_scope.cancel()
        gate.open()

    folder = repository.worktree_folder("p-1", "t1")
    assert git(folder, "status", "--porcelain") == ""
    assert "locked" not in git(root, "worktree", "list", "--porcelain")
    assert (await added(repository)).folder == folder
