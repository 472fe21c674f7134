"""Worktrees are made, found again, reset and removed, and nothing in them is lost."""

import os
import shutil
from pathlib import Path

import pytest

from podium.errors import GitError
from podium.workspace.names import branch_name
from tests.core.workspace.projects import BRANCH, OTHER_BRANCH, added, opened
from tests.support.repositories import commit_files, files_of, git, make_repository, write_files

pytestmark = [pytest.mark.anyio, pytest.mark.promise("R4.worktree")]


async def test_a_worktree_holds_the_base_on_its_own_branch(root: Path) -> None:
    repository = await opened(root)

    worktree = await added(repository)

    assert files_of(worktree.folder) == files_of(root)
    assert git(worktree.folder, "symbolic-ref", "HEAD") == f"refs/heads/{BRANCH}"
    assert git(worktree.folder, "status", "--porcelain") == ""
    assert repository.list_worktrees() == (worktree,)
    assert repository.open_worktree(worktree.folder) == worktree


async def test_worktrees_lie_in_the_cache_under_the_name_of_the_repository(root: Path) -> None:
    repository = await opened(root)

    folder = repository.worktree_folder("p-1", "t1")

    assert folder.parts[-2:] == ("p-1", "t1")
    assert folder.is_relative_to(root.parent / "cache" / "worktrees")
    assert folder.parts[-3].startswith("project-")


async def test_two_repositories_of_one_name_have_different_worktree_folders(tmp_path: Path) -> None:
    one, other = [
        await opened(make_repository(tmp_path / where / "project", {"a": "a"})) for where in "xy"
    ]

    assert one.worktree_folder("t").parent.name != other.worktree_folder("t").parent.name


async def test_adding_it_again_returns_it_with_the_work_in_it(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    write_files(worktree.folder, {"work.txt": "half done\n"})

    again = await added(repository)

    assert again == worktree
    assert (worktree.folder / "work.txt").read_text() == "half done\n"


async def test_an_existing_branch_stays_where_it_is(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    write_files(worktree.folder, {"work.txt": "done\n"})
    commit = await repository.commit_all(worktree, "Work")
    await repository.remove_worktree(worktree)

    await added(repository)

    assert await repository.resolve(BRANCH) == commit
    assert (worktree.folder / "work.txt").read_text() == "done\n"


async def test_a_worktree_whose_folder_was_deleted_is_made_again(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    shutil.rmtree(root.parent / "cache")

    again = await added(repository)

    assert files_of(again.folder) == files_of(root)
    assert repository.list_worktrees() == (worktree,)


async def test_a_branch_is_free_again_when_the_folder_of_its_worktree_was_deleted(
    root: Path,
) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    shutil.rmtree(worktree.folder)

    moved = await repository.add_worktree(root.parent / "elsewhere", BRANCH, "HEAD")

    assert repository.list_worktrees() == (moved,)


async def test_a_folder_with_other_files_in_it_is_refused_and_left_alone(root: Path) -> None:
    repository = await opened(root)
    folder = repository.worktree_folder("p-1", "t1")
    write_files(folder, {"precious.txt": "keep me\n"})

    with pytest.raises(GitError, match="files that do not belong to a worktree") as caught:
        await added(repository)

    assert files_of(folder) == {"precious.txt": ("file", b"keep me\n")}
    assert any("mv " in hint for hint in caught.value.hints)
    assert await repository.find_commit(BRANCH) is None


async def test_the_folder_of_another_branch_is_refused(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)

    with pytest.raises(GitError, match="it is a worktree for podium/p-1/t1"):
        await repository.add_worktree(worktree.folder, OTHER_BRANCH, "HEAD")


async def test_a_branch_that_is_checked_out_elsewhere_is_refused(root: Path) -> None:
    repository = await opened(root)
    await added(repository)

    with pytest.raises(GitError, match="git worktree failed"):
        await repository.add_worktree(root.parent / "elsewhere", BRANCH, "HEAD")


async def test_a_worktree_of_the_user_is_neither_taken_nor_listed_nor_opened(root: Path) -> None:
    mine = root.parent / "mine"
    git(root, "worktree", "add", "--quiet", "-b", "feature", str(mine))
    write_files(mine, {"work.txt": "mine\n"})
    repository = await opened(root)

    with pytest.raises(GitError, match="Podium did not create"):
        await repository.add_worktree(mine, BRANCH, "HEAD")
    with pytest.raises(GitError, match="not a Podium worktree"):
        repository.open_worktree(mine)

    assert repository.list_worktrees() == ()
    assert (mine / "work.txt").read_text() == "mine\n"


async def test_a_missing_way_back_to_the_repository_is_mended(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    (worktree.folder / ".git").unlink()

    await added(repository)

    assert git(worktree.folder, "symbolic-ref", "HEAD") == f"refs/heads/{BRANCH}"


async def test_removing_keeps_the_branch_and_saves_uncommitted_work(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    write_files(worktree.folder, {"work.txt": "unsaved\n"})

    rescued = await repository.remove_worktree(worktree)

    assert rescued is not None
    assert await repository.file_at(rescued.ref, "work.txt") == b"unsaved\n"
    assert not worktree.folder.exists()
    assert str(worktree.folder) not in git(root, "worktree", "list")
    assert await repository.find_commit(BRANCH)
    assert await repository.remove_worktree(worktree) is None


async def test_removing_a_clean_worktree_saves_nothing(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)

    assert await repository.remove_worktree(worktree) is None
    assert await repository.list_checkpoints() == ()


async def test_read_only_folders_can_be_removed(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    write_files(worktree.folder, {"build/mod/file": "ignored\n"})
    (worktree.folder / "build" / "mod").chmod(0o500)

    await repository.remove_worktree(worktree)

    assert not worktree.folder.exists()


async def test_resetting_starts_afresh_and_saves_commits_and_files(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    base = await repository.resolve("HEAD")
    write_files(worktree.folder, {"committed.txt": "1\n"})
    commit = await repository.commit_all(worktree, "Work")
    assert commit
    write_files(worktree.folder, {"untracked.txt": "2\n", "debug.log": "ignored\n"})

    rescued = await repository.reset_worktree(worktree, base)

    assert files_of(worktree.folder).keys() == files_of(root).keys() | {"debug.log"}
    assert await repository.resolve(BRANCH) == base
    assert rescued is not None
    assert await repository.file_at(rescued.ref, "untracked.txt") == b"2\n"
    assert await repository.is_ancestor(commit, rescued.commit)


async def test_resetting_brings_head_back_to_the_branch_and_keeps_the_other(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    git(worktree.folder, "switch", "--quiet", "--create", "agents-own")
    own = commit_files(worktree.folder, {"x": "x\n"})
    base = await repository.resolve("main")

    await repository.reset_worktree(worktree, base)

    assert git(worktree.folder, "symbolic-ref", "HEAD") == f"refs/heads/{BRANCH}"
    assert git(worktree.folder, "status", "--porcelain") == ""
    assert await repository.resolve("agents-own") == own


async def test_resetting_keeps_the_commits_that_nothing_else_holds(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    base = await repository.resolve("HEAD")
    commit = commit_files(worktree.folder, {"committed.txt": "1\n"})
    git(worktree.folder, "checkout", "--quiet", "--detach", base)

    rescued = await repository.reset_worktree(worktree, base)

    assert rescued is not None
    assert await repository.is_ancestor(commit, rescued.commit)
    assert await repository.reset_worktree(worktree, base) is None


async def test_an_unfinished_merge_and_a_stale_lock_do_not_stop_a_reset(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    base = commit_files(root, {"a.txt": "ours\n"})
    commit_files(worktree.folder, {"a.txt": "theirs\n"})
    with pytest.raises(AssertionError, match="git"):
        git(worktree.folder, "merge", base)
    (worktree.git_dir / "index.lock").touch()
    os.utime(worktree.git_dir / "index.lock", (1, 1))

    await repository.reset_worktree(worktree, base)

    assert git(worktree.folder, "status", "--porcelain") == ""
    assert not (worktree.git_dir / "MERGE_HEAD").exists()


async def test_a_detached_worktree_shows_any_commit(root: Path) -> None:
    repository = await opened(root)
    first = await repository.resolve("HEAD")
    second = commit_files(root, {"a.txt": "later\n", "d.txt": "d\n"})
    folder = repository.worktree_folder("p-1", "gate")
    gate = await repository.add_detached_worktree(folder, first)
    write_files(folder, {"report.xml": "left by the tests\n"})

    rescued = await repository.checkout_detached(gate, second)

    assert files_of(folder) == files_of(root)
    assert git(folder, "rev-parse", "HEAD") == second
    assert rescued is not None
    assert await repository.file_at(rescued.ref, "report.xml") == b"left by the tests\n"
    assert await repository.add_detached_worktree(folder, first) == gate
    with pytest.raises(GitError, match="no branch to commit to"):
        await repository.commit_all(gate, "Never")


async def test_a_linked_worktree_of_the_user_can_be_the_project(root: Path) -> None:
    mine = root.parent / "mine"
    git(root, "worktree", "add", "--quiet", "-b", "feature", str(mine))
    commit_files(mine, {"feature.txt": "f\n"})
    repository = await opened(mine)

    worktree = await added(repository)

    assert repository.root == mine
    assert repository.git_common_dir == root / ".git"
    assert files_of(worktree.folder) == files_of(mine)
    assert (await opened(root)).list_worktrees() == (worktree,)


async def test_a_sparse_checkout_of_the_user_does_not_stop_the_work(root: Path) -> None:
    git(root, "sparse-checkout", "set", "src")
    repository = await opened(root)
    worktree = await added(repository)
    write_files(worktree.folder, {"outside/new.txt": "n\n"})

    assert await repository.commit_all(worktree, "Work")
    assert await repository.file_at(BRANCH, "outside/new.txt") == b"n\n"


def check_refused_name(group: str, name: str) -> None:
    with pytest.raises(GitError, match="cannot be part of a branch name"):
        branch_name(group, name)


@pytest.mark.parametrize(
    "part",
    ["", "a/b", "-a", ".a", "a.", "a..b", "a.lock", "a b", "a~", "a^", "a:", "é", "x" * 101, "a\n"],
)
def test_a_name_that_git_would_refuse_is_refused(part: str) -> None:
    check_refused_name(part, "t1")
    check_refused_name("p-1", part)


def test_a_branch_has_two_parts() -> None:
    assert branch_name("p-1", "integration") == "podium/p-1/integration"


@pytest.mark.parametrize("branch", ["main", "podium/p-1", "podium/p-1/", "refs/heads/podium/a/b"])
async def test_only_podiums_branches_are_ever_moved(root: Path, branch: str) -> None:
    repository = await opened(root)
    head = await repository.resolve("HEAD")

    for change in (
        lambda: repository.create_branch(branch, head),
        lambda: repository.update_branch(branch, head, expected_old=head),
        lambda: repository.delete_branch(branch, expected_old=head),
        lambda: repository.add_worktree(root.parent / "w", branch, head),
    ):
        with pytest.raises(GitError):
            await change()
