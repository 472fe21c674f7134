"""Git's settings are asked for once, and every change of them is noticed."""

from pathlib import Path

import pytest

from podium.workspace.plumbing import settings
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.programs import prepared
from podium.workspace.plumbing.settings import read_settings
from tests.core.workspace.projects import OTHER_BRANCH, added, opened
from tests.support.repositories import git

pytestmark = pytest.mark.anyio


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the folders in which git is asked; every file counts as old enough."""
    found: list[Path] = []
    ask = settings._ask  # pyright: ignore[reportPrivateUsage] # to count

    async def counted(command: Git) -> tuple[settings.Setting, ...]:
        found.append(command.folder)
        return await ask(command)

    monkeypatch.setattr(settings, "_ask", counted)
    for tick in ("_FINE_TICK_NS", "_COARSE_TICK_NS"):
        monkeypatch.setattr(settings, tick, 0)
    return found


async def test_all_worktrees_share_one_answer(root: Path, asked: list[Path]) -> None:
    repository = await opened(root)
    asked.clear()

    for worktree in (await added(repository), await added(repository, OTHER_BRANCH)):
        (worktree.folder / "new.txt").write_text("new\n")
        assert await repository.commit_all(worktree, "Work")

    assert len(asked) == 1


async def test_what_an_agent_writes_between_two_commands_is_noticed(
    root: Path, asked: list[Path]
) -> None:
    repository = await opened(root)
    worktree = await added(repository)
    command = Git(worktree.folder, worktree.git_dir)
    assert not (await prepared(command)).switches

    git(worktree.folder, "config", "filter.evil.clean", "touch /tmp/evil")
    assert (await prepared(command)).switches == {"filter.evil.clean": ""}

    git(worktree.folder, "config", "extensions.worktreeConfig", "true")
    git(worktree.folder, "config", "--worktree", "merge.evil.driver", "evil")
    switches = (await prepared(command)).switches or {}
    assert set(switches) == {"filter.evil.clean", "merge.evil.driver"}

    git(worktree.folder, "config", "--worktree", "--unset", "merge.evil.driver")
    assert (await prepared(command)).switches == {"filter.evil.clean": ""}


async def test_an_answer_that_depends_on_included_files_is_not_kept(
    root: Path, asked: list[Path]
) -> None:
    repository = await opened(root)
    command = Git(repository.root, repository.git_dir)
    git(root, "config", "include.path", "more")

    assert not (await prepared(command)).switches
    (root / ".git" / "more").write_text('[filter "evil"]\n\tclean = evil\n')

    assert (await prepared(command)).switches == {"filter.evil.clean": ""}


async def test_an_answer_about_files_that_just_changed_is_not_kept(
    root: Path, asked: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = await opened(root)
    command = Git(repository.root, repository.git_dir)
    for tick in ("_FINE_TICK_NS", "_COARSE_TICK_NS"):
        monkeypatch.setattr(settings, tick, 10**18)
    git(root, "config", "user.name", "Eve")
    asked.clear()

    await read_settings(command)
    await read_settings(command)

    assert len(asked) == 2
