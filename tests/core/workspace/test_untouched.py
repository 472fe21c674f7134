"""Whatever Podium does beside landing, the user's checkout is the same before and after."""

import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from podium.errors import GitError
from podium.workspace.repository import Repository
from podium.workspace.values import MergedTree, Worktree
from tests.core.workspace.projects import BRANCH, OTHER_BRANCH, added, dirty, opened
from tests.support.repositories import git, whole_state, write_files

pytestmark = pytest.mark.anyio


async def look_at_everything(repository: Repository) -> None:
    await repository.status()
    await repository.head()
    await repository.log("HEAD~0", "HEAD")
    await repository.diff_text("HEAD", "HEAD")


async def work_in_a_worktree(repository: Repository) -> None:
    worktree = await added(repository)
    write_files(worktree.folder, {"a.txt": "theirs\n", "brand new.txt": "n\n"})
    assert await repository.commit_all(worktree, "Work")
    await repository.reset_worktree(worktree, "HEAD")
    await repository.remove_worktree(worktree)


async def checkpoint_the_checkout(repository: Repository) -> None:
    saved = await repository.checkpoint(repository.root, "refs/podium/before/1", "Before")
    assert await repository.file_at(saved.commit, "untracked file.txt") == b"untracked\n"
    assert await repository.file_at(saved.commit, "a.txt") == b"staged, then changed\n"
    assert await repository.file_at(saved.commit, "src/c.py") is None
    assert await repository.file_at(saved.commit, "debug.log") is None


async def restore_in_a_worktree(repository: Repository) -> None:
    worktree = await added(repository)
    saved = await repository.checkpoint(worktree.folder, "refs/podium/before/1", "Before")
    write_files(worktree.folder, {"a.txt": "theirs\n"})
    await repository.restore(worktree, saved.commit)


async def merge_and_gate(repository: Repository) -> None:
    one, other = await added(repository), await added(repository, OTHER_BRANCH)
    write_files(one.folder, {"one.txt": "1\n"})
    write_files(other.folder, {"other.txt": "2\n"})
    await repository.commit_all(one, "One")
    await repository.commit_all(other, "Other")
    merged = await repository.merge(BRANCH, OTHER_BRANCH)
    assert isinstance(merged, MergedTree)
    ours, theirs = await repository.resolve(BRANCH), await repository.resolve(OTHER_BRANCH)
    commit = await repository.commit_tree(merged.tree, (ours, theirs), "Both")
    await repository.update_branch(BRANCH, commit, expected_old=ours)
    gate = await repository.add_detached_worktree(repository.worktree_folder("gate"), commit)
    await repository.checkout_detached(gate, theirs)
    await repository.preview_landing(BRANCH)


@pytest.mark.promise("R4.untouched", "R6.checkpoint", "R10.unasked")
@pytest.mark.parametrize(
    "action",
    [
        look_at_everything,
        work_in_a_worktree,
        checkpoint_the_checkout,
        restore_in_a_worktree,
        merge_and_gate,
    ],
)
async def test_a_dirty_checkout_is_the_same_before_and_after(
    root: Path, action: Callable[[Repository], Awaitable[None]]
) -> None:
    dirty(root)
    before = whole_state(root)

    await action(await opened(root))

    assert whole_state(root) == before


@pytest.mark.promise("R4.untouched", "R6.checkpoint")
@pytest.mark.parametrize("linked", [False, True])
async def test_only_worktrees_of_podiums_are_ever_written_to(root: Path, linked: bool) -> None:
    mine = root
    if linked:
        mine = root.parent / "mine"
        git(root, "worktree", "add", "--quiet", "--lock", "-b", "feature", str(mine))
    repository = await opened(root)
    write_files(mine, {"a.txt": "my work\n", "new.txt": "my work\n"})
    before = whole_state(mine)
    pretended = Worktree(mine, BRANCH, Path(git(mine, "rev-parse", "--absolute-git-dir")))

    for write in (
        lambda: repository.restore(pretended, "HEAD"),
        lambda: repository.reset_worktree(pretended, "HEAD"),
        lambda: repository.checkout_detached(pretended, "HEAD"),
        lambda: repository.commit_all(pretended, "Never"),
        lambda: repository.add_worktree(mine, BRANCH, "HEAD"),
    ):
        with pytest.raises(GitError):
            await write()
    with pytest.raises(GitError) if linked else contextlib.nullcontext():
        await repository.remove_worktree(pretended)

    assert whole_state(mine) == before


@pytest.mark.promise("R4.untouched", "R6.checkpoint")
async def test_a_checkout_in_the_middle_of_a_merge_is_saved_and_left_in_it(root: Path) -> None:
    git(root, "switch", "--quiet", "--create", "feature")
    write_files(root, {"a.txt": "theirs\n"})
    git(root, "commit", "--quiet", "--all", "--message", "Theirs")
    git(root, "switch", "--quiet", "main")
    write_files(root, {"a.txt": "ours\n"})
    git(root, "commit", "--quiet", "--all", "--message", "Ours")
    with pytest.raises(AssertionError, match="git"):
        git(root, "merge", "feature")
    staged = git(root, "ls-files", "--stage")
    repository = await opened(root)

    saved = await repository.checkpoint(root, "refs/podium/before/1", "Before")

    assert b"<<<<<<<" in (await repository.file_at(saved.commit, "a.txt") or b"")
    assert git(root, "ls-files", "--stage") == staged
    assert (await repository.status()).conflicted == ("a.txt",)


@pytest.mark.promise("R4.untouched")
async def test_the_callers_git_variables_are_not_believed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(elsewhere))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.bare'='true'")
    monkeypatch.setenv("GIT_NAMESPACE", "other")
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    repository = await opened(root)

    worktree = await added(repository)
    write_files(worktree.folder, {"work.txt": "w\n"})

    assert await repository.commit_all(worktree, "Work")
    assert repository.root == root
    assert not elsewhere.exists()
    assert not (tmp_path / "trace").exists()
