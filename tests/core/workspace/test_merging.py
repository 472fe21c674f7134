"""Two branches merge without any work tree, or the files in conflict are named."""

from pathlib import Path

import pytest

from podium.errors import GitError, WriteConflict
from podium.workspace.repository import Repository
from podium.workspace.values import Conflicts, MergedTree
from tests.core.workspace.projects import BRANCH, OTHER_BRANCH, added, opened
from tests.support.repositories import Files, git, write_files

pytestmark = [pytest.mark.anyio, pytest.mark.promise("R4.untouched")]


async def branches(root: Path, ours: Files, theirs: Files) -> Repository:
    """Commit two sets of files on two branches of the same base."""
    repository = await opened(root)
    for branch, files in ((BRANCH, ours), (OTHER_BRANCH, theirs)):
        worktree = await added(repository, branch)
        write_files(worktree.folder, files)
        await repository.commit_all(worktree, branch)
    return repository


async def test_changes_of_different_files_merge(root: Path) -> None:
    repository = await branches(root, {"a.txt": "ours\n"}, {"neu ü.txt": "theirs\n"})

    merged = await repository.merge(BRANCH, OTHER_BRANCH)

    assert isinstance(merged, MergedTree)
    assert await repository.file_at(merged.tree, "a.txt") == b"ours\n"
    assert await repository.file_at(merged.tree, "neu ü.txt") == b"theirs\n"


async def test_changes_of_the_same_lines_are_conflicts_by_name(root: Path) -> None:
    ours = {"a.txt": "ours\n", "b.txt": "ours\n", "same": "1\n", "new\nline": "ours\n"}
    theirs = {"a.txt": "theirs\n", "b.txt": "theirs\n", "same": "1\n", "new\nline": "theirs\n"}
    repository = await branches(root, ours, theirs)

    conflicts = await repository.merge(BRANCH, OTHER_BRANCH)

    assert isinstance(conflicts, Conflicts)
    assert conflicts.files == ("a.txt", "b.txt", "new\nline")
    assert len(conflicts.messages) == 3
    assert conflicts.messages[0].startswith("CONFLICT (content): Merge conflict in a.txt")


async def test_histories_that_do_not_meet_cannot_be_merged(root: Path) -> None:
    alone = git(root, "commit-tree", "HEAD^{tree}", "-m", "Alone")
    repository = await opened(root)

    with pytest.raises(GitError, match="unrelated histories"):
        await repository.merge("HEAD", alone)


async def test_a_merge_commit_has_both_parents_and_moves_nothing(root: Path) -> None:
    repository = await branches(root, {"a.txt": "ours\n"}, {"b.txt": "theirs\n"})
    merged = await repository.merge(BRANCH, OTHER_BRANCH)
    assert isinstance(merged, MergedTree)
    parents = (await repository.resolve(BRANCH), await repository.resolve(OTHER_BRANCH))

    commit = await repository.commit_tree(merged.tree, parents, "Both")

    assert await repository.is_ancestor(parents[0], commit)
    assert await repository.is_ancestor(parents[1], commit)
    assert not await repository.is_ancestor(commit, parents[0])
    assert await repository.resolve(BRANCH) == parents[0]


async def test_a_branch_moves_only_from_where_it_is_expected(root: Path) -> None:
    repository = await branches(root, {"a.txt": "ours\n"}, {"b.txt": "theirs\n"})
    one, two = await repository.resolve(BRANCH), await repository.resolve(OTHER_BRANCH)
    base = await repository.resolve("HEAD")
    branch = "podium/p-1/integration"
    await repository.create_branch(branch, base)

    with pytest.raises(WriteConflict, match=f"it is at {base}; expected {one}"):
        await repository.update_branch(branch, two, expected_old=one)
    await repository.update_branch(branch, one, expected_old=base)

    assert await repository.resolve(branch) == one
    with pytest.raises(WriteConflict, match="expected no such ref"):
        await repository.create_branch(branch, two)
    with pytest.raises(WriteConflict):
        await repository.delete_branch(branch, expected_old=base)
    await repository.delete_branch(branch, expected_old=one)
    assert await repository.find_commit(branch) is None
    with pytest.raises(WriteConflict, match="does not exist"):
        await repository.update_branch(branch, two, expected_old=one)


async def test_a_change_of_a_branch_that_was_made_already_is_a_success(root: Path) -> None:
    repository = await branches(root, {"a.txt": "ours\n"}, {"b.txt": "theirs\n"})
    base, new = await repository.resolve("HEAD"), await repository.resolve(BRANCH)
    branch = "podium/p-1/integration"

    for _ in range(2):
        await repository.create_branch(branch, base)
    for _ in range(2):
        await repository.update_branch(branch, new, expected_old=base)
    for _ in range(2):
        await repository.delete_branch(branch, expected_old=new)


async def test_a_branch_that_stands_in_the_way_of_another_is_named(root: Path) -> None:
    git(root, "branch", "podium/p-1")
    repository = await opened(root)

    with pytest.raises(GitError, match="there is a branch named podium/p-1"):
        await repository.create_branch(BRANCH, "HEAD")
