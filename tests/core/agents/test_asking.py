"""The shim's side of a question: the files of the call, the time, the limits, the end."""

import stat
from pathlib import Path

import anyio
import pytest

from podium.agents.asking.files import AskFiles
from podium.agents.asking.person import GRACE_SECONDS, AskPerson
from podium.model.agents import NO_ANSWER, ActionAnswer, ActionQuestion, AskKind
from podium.platform.clock import LimitClock

YES = ActionAnswer(allowed=True, reason="allowed by ada")
NO = ActionAnswer(allowed=False, reason="denied by ada")


class Clock:
    """Seconds that advance by each look, so that no test waits."""

    def __init__(self, step: float = 0) -> None:
        self.step = step
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += self.step
        return self.seconds


@pytest.fixture
def files(tmp_path: Path) -> AskFiles:
    return AskFiles(tmp_path / "asks")


def person(files: AskFiles, *, step: float = 0, seconds: float = 60) -> AskPerson:
    limits = LimitClock(files.folder.parent / "limits.json", Clock(1))
    return AskPerson(files, limits, seconds, Clock(step))


def stands_still(files: AskFiles) -> bool:
    clock = LimitClock(files.folder.parent / "limits.json", Clock(1))
    return clock.now() == clock.now()


@pytest.mark.promise("X2.per-action", "X4")
def test_a_question_is_a_private_file_until_its_first_answer(files: AskFiles) -> None:
    answers: list[ActionAnswer] = []

    async def ask() -> None:
        answers.append(await person(files).ask(AskKind.COMMAND, "ls"))

    async def scene() -> None:
        waiting: list[ActionQuestion] = []
        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            while not waiting:
                await anyio.sleep(0)
                waiting = files.unanswered()
            assert [(each.kind, each.content) for each in waiting] == [("command", "ls")]
            modes = {stat.S_IMODE(path.stat().st_mode) for path in files.folder.iterdir()}
            assert modes == {0o600}
            assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700
            assert stands_still(files)
            files.answer(waiting[0].id, YES)
            files.answer(waiting[0].id, NO)
            assert files.unanswered() == []
        assert answers == [YES]
        assert list(files.folder.iterdir()) == []
        assert not stands_still(files)
        files.answer(waiting[0].id, YES)
        assert list(files.folder.iterdir()) == [], "an answer that comes too late leaves nothing"

    anyio.run(scene)


@pytest.mark.promise("X2.per-action")
def test_without_a_runner_no_answer_in_time_means_no(files: AskFiles) -> None:
    asking = person(files, step=GRACE_SECONDS + 60)
    assert anyio.run(asking.ask, AskKind.COMMAND, "ls") == NO_ANSWER
    assert not stands_still(files)


def test_a_question_is_withdrawn_when_its_agent_ends(files: AskFiles) -> None:
    async def scene() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(person(files).ask, AskKind.COMMAND, "ls")
            while not files.unanswered():
                await anyio.sleep(0)
            group.cancel_scope.cancel()

    anyio.run(scene)
    assert list(files.folder.iterdir()) == []
    assert not stands_still(files)


@pytest.mark.promise("X2.per-action", "R7.kill")
def test_the_next_shim_forgets_what_a_dead_one_asked(files: AskFiles) -> None:
    async def die() -> None:
        # Everything that a killed process leaves behind: the file, and limits that stand still.
        asking = person(files)
        with anyio.move_on_after(0):
            await asking.ask(AskKind.COMMAND, "ls")

    anyio.run(die)
    asking = person(files)
    LimitClock(files.folder.parent / "limits.json", Clock(1)).suspend()
    (files.folder / f"{0:032x}.json").write_text("{}")
    assert files.unanswered() == [], "an unreadable question is no question"
    asking.forget_earlier()
    assert not files.folder.exists()
    assert not stands_still(files)
