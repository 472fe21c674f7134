"""Git commands that stay give the answers of those that are started for each question."""

import os
import signal
from pathlib import Path

import psutil
import pytest

from podium.workspace.repository import Repository
from tests.core.workspace.projects import opened
from tests.support.costs import Costs
from tests.support.repositories import commit_files, git

pytestmark = pytest.mark.anyio


@pytest.fixture
def costs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Costs:
    return Costs(tmp_path / "costs", monkeypatch)


async def answers(repository: Repository, start: str) -> list[object]:
    """Return what a repository says about its commits, which may change in between."""
    head = await repository.resolve("HEAD")
    names = ("HEAD", "refs/heads/none", "refs/heads/main", start, "0" * 40, "HEAD:a.txt", "")
    return [
        await repository.find_commits(names),
        await repository.files_at([("HEAD", "a.txt"), ("HEAD", "gone"), (start, "a.txt")]),
        await repository.change_of(head),
        await repository.change_of(start),
        await repository.existing_commits([start, "1" * 40]),
    ]


async def test_answers_are_the_same_and_never_stale(root: Path) -> None:
    repository = await opened(root)
    start = git(root, "rev-parse", "HEAD")

    with repository.asked_often() as asked:
        for text in ("one\n", "two missing\nend\n", "", "x" * 200_000):
            commit_files(root, {"a.txt": text, f"{len(text)} ü\n.txt": text})
            assert await answers(asked, start) == await answers(repository, start)
        git(root, "mv", "a.txt", "renamed.txt")
        git(root, "commit", "--quiet", "--message", "renamed")
        git(root, "gc", "--quiet", "--prune=now")
        assert await answers(asked, start) == await answers(repository, start)


async def test_a_question_that_is_too_long_is_answered_too(root: Path) -> None:
    repository = await opened(root)
    commits = [f"{number:040x}" for number in range(1000)]

    with repository.asked_often() as asked:
        assert await asked.find_commits(commits) == (None,) * len(commits)


async def test_git_is_started_once_for_many_questions(root: Path, costs: Costs) -> None:
    repository = await opened(root)
    head = git(root, "rev-parse", "HEAD")

    with repository.asked_often() as asked:
        before = costs.git()
        for _ in range(5):
            await asked.find_commits([head])
            await asked.files_at([(head, "a.txt")])
            await asked.change_of(head)
        started = costs.git() - before

    assert sum(started.values()) == 3


async def test_a_git_that_was_killed_is_replaced(root: Path) -> None:
    repository = await opened(root)
    start = git(root, "rev-parse", "HEAD")
    expected = await answers(repository, start)

    with repository.asked_often() as asked:
        for _ in range(3):
            assert await answers(asked, start) == expected
            for child in psutil.Process().children():
                if child.name() == "git":
                    os.kill(child.pid, signal.SIGKILL)


async def test_none_stays_after_the_block(root: Path) -> None:
    repository = await opened(root)

    with repository.asked_often() as asked:
        await asked.find_commits(["HEAD"])

    assert "git" not in [child.name() for child in psutil.Process().children()]
