"""Lock files of dead git commands are removed, those of living processes never."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from podium.errors import MergeConflict
from podium.workspace.plumbing.command_marks import FOLDER
from podium.workspace.repository import Repository
from tests.core.workspace.projects import BRANCH, OTHER_BRANCH, added, opened
from tests.support.limits import no_files
from tests.support.repositories import git, write_files

pytestmark = [pytest.mark.anyio, pytest.mark.promise("R4.leftovers")]

DIES = """
import os, signal, sys, anyio
from pathlib import Path
from podium.workspace.repository import Repository

async def main(root, lock):
    repository = await Repository.discover(Path(root), cache=Path(root).parent / "cache")
    await repository.create_branch("podium/p-1/made", await repository.resolve("HEAD"))
    Path(lock).touch()
    os.kill(os.getpid(), signal.SIGKILL)

anyio.run(main, *sys.argv[1:])
"""
OWN = "refs/heads/podium/p-1/t1.lock"


def lock_file(root: Path, name: str, *, seconds_ago: float = 0.0) -> Path:
    """Create a lock file of git as if some time ago."""
    path = root / ".git" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    at = path.stat().st_mtime - seconds_ago
    os.utime(path, (at, at))
    return path


@contextmanager
def living_git(root: Path, *arguments: str) -> Generator[subprocess.Popen[bytes]]:
    """Run a git command of the user's that waits for its input until the block ends."""
    command = ["git", *(arguments or ("cat-file", "--batch"))]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE) as process:
        assert process.stdin
        yield process
        process.stdin.close()


@pytest.mark.parametrize("name", ["index.lock", "packed-refs.lock", "HEAD.lock", OWN])
async def test_a_lock_of_a_podium_process_that_was_killed_is_removed(root: Path, name: str) -> None:
    path = root / ".git" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([sys.executable, "-c", DIES, str(root), str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    repository = await opened(root)

    found = await repository.clear_stale_locks()

    assert (found.removed, found.kept) == ((path,), ())
    assert not path.exists()
    assert list((root / ".git" / FOLDER).glob("*-*")) == [], "nothing is left to explain"


async def test_a_lock_that_podium_did_not_create_is_named_with_the_command(root: Path) -> None:
    path = lock_file(root, "packed-refs.lock", seconds_ago=1000)
    repository = await opened(root)
    await repository.create_branch(BRANCH, "HEAD")
    git(root, "config", "core.packedRefsTimeout", "0")

    found = await repository.clear_stale_locks()

    assert path.exists()
    (kept,) = found.kept
    assert kept.why == "no living process holds it, but Podium did not create it"
    assert kept.hint == f"rm {path}"


async def test_an_old_lock_of_podiums_own_ref_is_removed_when_nobody_holds_it(root: Path) -> None:
    path = lock_file(root, OWN, seconds_ago=1000)
    repository = await opened(root)

    assert (await repository.clear_stale_locks()).removed == (path,)


async def test_a_lock_is_kept_while_an_older_git_command_lives(root: Path) -> None:
    repository = await opened(root)
    with living_git(root) as process:
        path = lock_file(root, OWN)
        found = await repository.clear_stale_locks()
        assert path.exists()
        assert found.kept[0].why == f"git (process {process.pid}) may hold it"
        assert found.kept[0].is_held


async def test_a_lock_is_kept_while_a_process_of_any_name_has_it_open(root: Path) -> None:
    path = lock_file(root, OWN, seconds_ago=1000)
    script = "import sys; file = open(sys.argv[1]); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(
        command, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        repository = await opened(root)
        assert (await repository.clear_stale_locks()).removed == ()
        process.communicate()
    assert (await repository.clear_stale_locks()).removed == (path,)


async def test_a_git_command_of_another_repository_does_not_count(
    root: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    repository = await opened(root)
    with living_git(other):
        path = lock_file(root, OWN, seconds_ago=1000)
        assert (await repository.clear_stale_locks()).removed == (path,)


async def test_a_git_command_that_stays_and_only_reads_holds_no_lock(root: Path) -> None:
    repository = await opened(root)
    with repository.asked_often() as asked:
        head = await asked.resolve("HEAD")
        assert await asked.find_commits([head, head]) == (head, head)
        assert asked.residents is not None
        assert vars(asked.residents)["_programs"], "one has answered"
        lock_file(root, OWN)
        (kept,) = (await asked.clear_stale_locks()).kept
    assert (kept.why, kept.is_held) == ("it is only a few seconds old", False)


async def test_a_command_that_meets_a_stale_lock_succeeds(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    write_files(worktree.folder, {"new.txt": "new\n"})
    stale = worktree.git_dir / "index.lock"
    stale.touch()
    os.utime(stale, (1, 1))

    assert await repository.commit_all(worktree, "Work")
    assert not stale.exists()


async def test_a_command_that_meets_a_users_lock_says_what_to_do(root: Path) -> None:
    repository = await ready_to_land(root)
    path = lock_file(root, "index.lock", seconds_ago=1000)
    write_files(root, {"new.txt": "new\n"})
    preview = await repository.preview_landing(BRANCH)

    with pytest.raises(MergeConflict) as caught:
        await repository.land(BRANCH, message="Land", expected=preview)

    assert "Podium did not create it" in str(caught.value)
    assert f"rm {path}" in caught.value.hints
    assert (root / "new.txt").read_text() == "new\n"
    path.unlink()
    await repository.land(BRANCH, message="Land", expected=preview)


async def ready_to_land(root: Path) -> Repository:
    """Return the repository with a commit on a branch of Podium's."""
    repository = await opened(root)
    worktree = await added(repository)
    write_files(worktree.folder, {"a.txt": "landed\n", "new.txt": "new\n", "sub/x": "x\n"})
    await repository.commit_all(worktree, "Work")
    return repository


async def test_an_untracked_file_that_equals_what_is_landed_is_no_obstacle(root: Path) -> None:
    repository = await ready_to_land(root)
    write_files(root, {"new.txt": "new\n", "a.txt": "landed\n"})

    preview = await repository.preview_landing(BRANCH)
    assert preview.overwritten == ()
    await repository.land(BRANCH, message="Land", expected=preview)

    assert git(root, "status", "--porcelain") == ""
    assert (root / "new.txt").read_text() == "new\n"


@pytest.mark.parametrize(
    ("path", "content", "mode"),
    [("new.txt", "ne", 0o644), ("a.txt", "land", 0o644), ("new.txt", "new\n", 0o755)],
)
async def test_other_content_or_another_mode_is_the_users(
    root: Path, path: str, content: str, mode: int
) -> None:
    repository = await ready_to_land(root)
    write_files(root, {path: content})
    (root / path).chmod(mode)

    preview = await repository.preview_landing(BRANCH)

    assert preview.overwritten == (path,)


async def test_worktrees_that_the_machine_refuses_to_read_are_no_remains(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    os.utime(worktree.git_dir, (1, 1))
    with no_files(os.getpid()), pytest.raises(OSError, match="Too many open files"):
        repository.worktree_remains()
    assert repository.worktree_remains().entries == ()
    assert repository.list_worktrees() == (worktree,)


async def test_worktrees_of_the_original_are_no_remains_of_a_copy(root: Path) -> None:
    original = await opened(root)
    worktree = await added(original)
    copy = root.parent / "copy"
    shutil.copytree(root, copy, symlinks=True)
    repository = await opened(copy)
    assert repository.list_worktrees() == ()

    await repository.remove_worktree_remains()

    assert not (copy / ".git" / "worktrees" / worktree.git_dir.name).exists()
    assert original.list_worktrees() == (worktree,)
    assert git(worktree.folder, "status", "--porcelain") == ""


async def test_a_worktree_without_a_place_is_removed_at_once_if_podium_made_it(root: Path) -> None:
    repository = await opened(root)
    made = await added(repository)
    nameless = made.git_dir.with_name("half")
    nameless.mkdir()
    (nameless / "locked").write_text("being created by Podium\n")
    await repository.remove_worktree_remains()
    assert not nameless.exists()
    assert repository.list_worktrees() == (made,)


async def test_remains_of_worktrees_are_removed_and_worktrees_stay(root: Path) -> None:
    repository = await opened(root)
    kept, gone = await added(repository), await added(repository, OTHER_BRANCH)
    gone.folder.rename(gone.folder.with_name("t2.removed"))
    nameless = root / ".git" / "worktrees" / "half"
    nameless.mkdir()
    (nameless / "locked").write_text("initializing")
    os.utime(nameless, (1, 1))

    await repository.remove_worktree_remains()

    assert repository.list_worktrees() == (kept,)
    assert sorted(each.name for each in kept.folder.parent.iterdir()) == ["t1"]
    assert sorted(each.name for each in (root / ".git" / "worktrees").iterdir()) == ["t1"]
