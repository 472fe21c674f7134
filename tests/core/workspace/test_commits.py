"""What a worktree holds is committed to its own branch, whatever an agent did to HEAD."""

from pathlib import Path

import pytest

from podium.errors import GitError
from podium.workspace.values import Identity
from tests.core.workspace.projects import BRANCH, added, opened
from tests.core.workspace.test_checkpoints import ODD_NAMES
from tests.support.repositories import commit_files, git, write_files

pytestmark = [pytest.mark.anyio, pytest.mark.promise("R10.unasked")]


async def test_new_changed_and_deleted_files_are_committed_and_ignored_ones_are_not(
    root: Path,
) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    write_files(worktree.folder, {"a.txt": "x\n", "debug.log": "x\n"})
    write_files(worktree.folder, dict.fromkeys(ODD_NAMES, "x\n"))
    (worktree.folder / "b.txt").unlink()

    commit = await repository.commit_all(worktree, "feat: work\n\nWith a body.")

    assert commit
    assert commit == await repository.resolve(BRANCH)
    changed = {file.path: file.kind for file in await repository.changed_files("HEAD", commit)}
    assert changed == {"a.txt": "modified", "b.txt": "deleted"} | dict.fromkeys(ODD_NAMES, "added")
    assert git(worktree.folder, "status", "--porcelain") == ""
    assert git(root, "rev-parse", "main") == (await repository.head()).commit


async def test_nothing_changed_makes_no_commit(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    write_files(worktree.folder, {"debug.log": "ignored\n"})

    assert await repository.commit_all(worktree, "Nothing") is None
    assert await repository.resolve(BRANCH) == await repository.resolve("HEAD")


async def test_the_user_is_the_author_unless_another_is_named(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)

    write_files(worktree.folder, {"a.txt": "1\n"})
    await repository.commit_all(worktree, "feat: one\n\nWhy.")
    write_files(worktree.folder, {"a.txt": "2\n"})
    await repository.commit_all(worktree, "Two", author=Identity("Agent", "agent@example.org"))

    two, one = await repository.log("HEAD", BRANCH)
    assert (one.author, two.author) == (
        Identity("Ada", "ada@example.org"),
        Identity("Agent", "agent@example.org"),
    )
    assert (one.subject, one.message) == ("feat: one", "feat: one\n\nWhy.")
    assert git(root, "log", "-1", "--format=%cn", BRANCH) == "Ada"


async def test_podium_is_the_author_when_git_knows_no_user(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    repository = await opened(root)
    worktree = await added(repository)
    write_files(worktree.folder, {"a.txt": "1\n"})

    await repository.commit_all(worktree, "Work")

    (commit,) = await repository.log("HEAD", BRANCH)
    assert commit.author == Identity("Podium", "podium@localhost")


async def test_an_agents_own_commit_is_kept_below_the_rest(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    own = commit_files(worktree.folder, {"own.txt": "1\n"}, "The agent's own")
    write_files(worktree.folder, {"rest.txt": "2\n"})

    commit = await repository.commit_all(worktree, "The rest")

    (rest, first) = await repository.log("HEAD", BRANCH)
    assert (rest.id, first.id) == (commit, own)


@pytest.mark.parametrize("how", [["switch", "-q", "-c", "agents-own"], ["checkout", "--detach"]])
async def test_the_commit_goes_to_the_own_branch_wherever_head_was_left(
    root: Path, how: list[str]
) -> None:
    git(root, "branch", "feature")
    repository = await opened(root)
    worktree = await added(repository)
    git(worktree.folder, *how)
    commit_files(worktree.folder, {"elsewhere.txt": "1\n"})
    write_files(worktree.folder, {"rest.txt": "2\n"})

    commit = await repository.commit_all(worktree, "Work")

    assert commit
    assert commit == await repository.resolve(BRANCH)
    assert git(worktree.folder, "symbolic-ref", "HEAD") == f"refs/heads/{BRANCH}"
    assert git(worktree.folder, "status", "--porcelain") == ""
    paths = [file.path for file in await repository.changed_files("main", commit)]
    assert paths == ["elsewhere.txt", "rest.txt"]


async def test_a_branch_of_the_users_is_not_moved_by_an_agent_that_switched_to_it(
    root: Path,
) -> None:
    git(root, "branch", "feature")
    feature = git(root, "rev-parse", "feature")
    repository = await opened(root)
    worktree = await added(repository)
    git(worktree.folder, "switch", "--quiet", "feature")
    write_files(worktree.folder, {"work.txt": "2\n"})

    await repository.commit_all(worktree, "Work")

    assert git(root, "rev-parse", "feature") == feature


async def test_a_repository_inside_is_refused_by_name(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    write_files(worktree.folder, {"app/main.py": "x\n"})
    git(worktree.folder / "app", "init", "--quiet")

    with pytest.raises(GitError, match="another git repository: app") as caught:
        await repository.commit_all(worktree, "Work")

    assert "remove app/.git to commit its files" in caught.value.hints
    assert await repository.resolve(BRANCH) == await repository.resolve("HEAD")


async def test_a_replaced_git_file_is_not_believed(root: Path) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    (worktree.folder / ".git").unlink()
    git(worktree.folder, "init", "--quiet")
    write_files(worktree.folder, {"work.txt": "1\n"})

    commit = await repository.commit_all(worktree, "Work")

    assert commit == git(root, "rev-parse", BRANCH)
    assert await repository.file_at(BRANCH, "work.txt") == b"1\n"
