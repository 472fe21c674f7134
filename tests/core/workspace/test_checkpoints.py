"""A checkpoint holds a folder's whole state, and restoring loses nothing."""

import os
from pathlib import Path

import pytest

from podium.errors import GitError, WriteConflict
from podium.workspace.repository import Repository
from podium.workspace.values import Checkpoint, Worktree
from tests.core.workspace.projects import added, opened
from tests.support.repositories import files_of, git, write_files

pytestmark = [pytest.mark.anyio, pytest.mark.promise("R6.checkpoint", "R6.kept")]
REF = "refs/podium/p-1/t1/1"
ODD_NAMES = (
    "with space",
    "ünïcode/☂",
    "new\nline",
    "-dash",
    "--force",
    "quote\"'",
    "tab\t",
    "*",
    "[a]",
    ":(top)x",
    "trailing ",
    "#hash",
    "!bang",
)


async def changed_worktree(repository: Repository) -> Worktree:
    """Make a worktree with every kind of change in it."""
    worktree = await added(repository)
    write_files(worktree.folder, {"a.txt": "changed\n", "new/file.txt": "new\n", "run.sh": "#!\n"})
    (worktree.folder / "run.sh").chmod(0o755)
    (worktree.folder / "b.txt").unlink()
    (worktree.folder / "link").symlink_to("a.txt")
    write_files(worktree.folder, {name: name for name in ODD_NAMES})
    git(worktree.folder, "add", "a.txt")
    return worktree


async def saved(repository: Repository, worktree: Worktree, ref: str = REF) -> Checkpoint:
    return await repository.checkpoint(worktree.folder, ref, "Before the task")


async def test_everything_comes_back_as_it_was(root: Path) -> None:
    repository = await opened(root)
    worktree = await changed_worktree(repository)
    before = files_of(worktree.folder)
    checkpoint = await saved(repository, worktree)
    for name in ("a.txt", "new/file.txt", *ODD_NAMES):
        (worktree.folder / name).unlink()
    (worktree.folder / "new").rmdir()
    (worktree.folder / "run.sh").chmod(0o644)
    write_files(worktree.folder, {"b.txt": "back\n", "later/file.txt": "later\n", "new": "file\n"})

    await repository.restore(worktree, checkpoint.commit)

    assert files_of(worktree.folder) == before
    assert not (worktree.folder / "later").exists()
    assert git(worktree.folder, "diff", "--cached", "--name-only") == ""


async def test_what_a_restore_takes_away_is_kept(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    checkpoint = await saved(repository, worktree)
    write_files(worktree.folder, {"a.txt": "work\n", "later.txt": "later\n"})

    rescued = await repository.restore(worktree, checkpoint.ref)

    assert rescued is not None
    assert await repository.file_at(rescued.ref, "a.txt") == b"work\n"
    assert await repository.file_at(rescued.ref, "later.txt") == b"later\n"
    assert rescued in await repository.list_checkpoints("refs/podium/rescued")


async def test_restoring_what_head_holds_keeps_nothing(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    checkpoint = await saved(repository, worktree)

    assert await repository.restore(worktree, checkpoint.commit) is None


async def test_an_ignored_file_stays_and_one_that_is_in_the_way_is_kept(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    checkpoint = await saved(repository, worktree)
    git(worktree.folder, "rm", "--quiet", "--cached", "a.txt", "src/c.py")
    (worktree.folder / "src" / "c.py").unlink()
    (worktree.folder / "src").rmdir()
    write_files(
        worktree.folder,
        {".gitignore": "*.log\na.txt\nsrc\n", "a.txt": "1\n", "src": "2\n", "x.log": "3\n"},
    )

    rescued = await repository.restore(worktree, checkpoint.commit)

    assert files_of(worktree.folder) == files_of(root) | {"x.log": ("file", b"3\n")}
    assert rescued is not None
    assert await repository.file_at(rescued.ref, "a.txt") == b"1\n"
    assert await repository.file_at(rescued.ref, "src") == b"2\n"


async def test_one_file_and_one_folder_come_back_and_the_rest_stays(root: Path) -> None:
    repository = await opened(root)
    worktree = await changed_worktree(repository)
    checkpoint = await saved(repository, worktree)
    write_files(worktree.folder, {"a.txt": "x\n", "b.txt": "x\n", "new/file.txt": "x\n"})
    write_files(worktree.folder, {"new/later.txt": "x\n", "src/c.py": "x\n", "new\nline": "x\n"})

    await repository.restore(
        worktree, checkpoint.commit, ["a.txt", "./new/", "b.txt", "new\nline", "link"]
    )

    files = {name: content for name, (_, content) in files_of(worktree.folder).items()}
    assert files["a.txt"] == b"changed\n"
    assert files["new/file.txt"] == b"new\n"
    assert files["new\nline"] == b"new\nline"
    assert files["src/c.py"] == b"x\n"
    assert files.keys().isdisjoint({"b.txt", "new/later.txt"})


async def test_a_file_comes_back_where_a_folder_is_now(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    checkpoint = await saved(repository, worktree)
    (worktree.folder / "a.txt").unlink()
    write_files(worktree.folder, {"a.txt/inside": "x\n", "other": "y\n"})

    await repository.restore(worktree, checkpoint.commit, ["a.txt"])

    assert files_of(worktree.folder) == files_of(root) | {"other": ("file", b"y\n")}


async def test_a_file_in_a_folder_comes_back_where_a_file_is_now(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    checkpoint = await saved(repository, worktree)
    (worktree.folder / "src" / "c.py").unlink()
    (worktree.folder / "src").rmdir()
    write_files(worktree.folder, {"src": "a file now\n"})

    rescued = await repository.restore(worktree, checkpoint.commit, ["src/c.py"])

    assert files_of(worktree.folder) == files_of(root)
    assert rescued is not None
    assert await repository.file_at(rescued.ref, "src") == b"a file now\n"


async def test_a_path_that_nobody_knows_is_an_error(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    checkpoint = await saved(repository, worktree)

    for path in ("nothing.txt", "../project/a.txt", "a.tx"):
        with pytest.raises(GitError):
            await repository.restore(worktree, checkpoint.commit, [path])


async def test_a_checkpoint_taken_again_is_the_same_one(root: Path) -> None:
    repository = await opened(root)
    worktree = await changed_worktree(repository)

    assert await saved(repository, worktree) == await saved(repository, worktree)


async def test_a_checkpoint_is_never_replaced_by_another_state(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    first = await saved(repository, worktree)
    write_files(worktree.folder, {"a.txt": "later\n"})

    with pytest.raises(WriteConflict, match="already another checkpoint"):
        await saved(repository, worktree)

    assert await repository.find_checkpoint(REF) == first


async def test_a_change_in_the_tick_in_which_the_index_was_written_is_seen(root: Path) -> None:
    git(root, "config", "core.trustctime", "false")
    repository = await opened(root)
    worktree = await added(repository)
    tick, path = (1_000_000_000, 1_000_000_000), worktree.folder / "a.txt"
    path.write_text("1\n")
    os.utime(path, tick)
    git(worktree.folder, "add", "a.txt")
    os.utime(worktree.git_dir / "index", tick)
    path.write_text("2\n")
    os.utime(path, tick)

    checkpoint = await saved(repository, worktree)

    assert await repository.file_at(checkpoint.commit, "a.txt") == b"2\n"


async def test_a_split_index_is_read_and_no_part_of_it_is_added(root: Path) -> None:
    git(root, "config", "core.splitIndex", "true")
    git(root, "update-index", "--split-index")
    new = [f"new-{number}.txt" for number in range(9)]
    write_files(root, dict.fromkeys(["a.txt", *new], "x\n"))
    git(root, "add", "a.txt")
    shared = sorted((root / ".git").glob("sharedindex.*"))
    repository = await opened(root)

    checkpoint = await repository.checkpoint(root, REF, "Before")

    paths = [file.path for file in await repository.changed_files("HEAD", checkpoint.commit)]
    assert paths == ["a.txt", *new]
    assert shared
    assert sorted((root / ".git").glob("sharedindex.*")) == shared


async def test_a_repository_inside_is_left_out_and_left_alone(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    for name in ("empty", "deep/with-commit"):
        write_files(worktree.folder, {f"{name}/file": "x\n"})
        git(worktree.folder / name, "init", "--quiet")
    git(worktree.folder / "deep/with-commit", "add", "file")
    git(worktree.folder / "deep/with-commit", "commit", "--quiet", "--message", "Inside")
    write_files(worktree.folder, {"later.txt": "x\n"})

    checkpoint = await saved(repository, worktree)
    await repository.restore(worktree, "HEAD")

    assert [file.path for file in await repository.changed_files("HEAD", checkpoint.commit)] == [
        "later.txt"
    ]
    assert (worktree.folder / "empty" / "file").exists()
    assert (worktree.folder / "deep/with-commit/.git").exists()
    assert not (worktree.folder / "later.txt").exists()


async def test_only_refs_of_podiums_hold_checkpoints(root: Path) -> None:
    repository = await opened(root)

    for ref in ("refs/heads/main", "refs/podium", "refs/podium/", "refs/podium/../x", "HEAD"):
        with pytest.raises(GitError):
            await repository.checkpoint(root, ref, "Never")


async def test_checkpoints_are_listed_by_age_and_deleted(root: Path) -> None:
    repository = await opened(root)
    first = await repository.checkpoint(root, "refs/podium/p-1/z", "First")
    write_files(root, {"a.txt": "x\n"})
    second = await repository.checkpoint(root, "refs/podium/p-1/a", "Second")
    other = await repository.checkpoint(root, "refs/podium/p-10/a", "Other plan")

    assert set(await repository.list_checkpoints("refs/podium/p-1")) == {first, second}
    assert set(await repository.list_checkpoints()) == {first, second, other}
    assert await repository.list_checkpoints("refs/heads") == ()

    await repository.delete_checkpoints([first, other])
    await repository.delete_checkpoints([first])

    assert await repository.list_checkpoints() == (second,)


async def test_a_checkpoint_is_made_by_podium_on_the_commit_that_is_checked_out(
    root: Path,
) -> None:
    repository = await opened(root)
    write_files(root, {"a.txt": "x\n"})

    checkpoint = await repository.checkpoint(root, REF, "Before the task")

    (commit,) = await repository.log("HEAD", checkpoint.commit)
    assert commit.parents == ((await repository.head()).commit,)
    assert commit.author.email == "podium@localhost"
    assert commit.message == "Before the task"
