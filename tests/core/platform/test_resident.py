"""Programs that stay and answer one question after the other."""

import os
import signal
from collections.abc import Iterator

import anyio
import pytest

from podium.platform.process.resident import ResidentProgram
from podium.platform.process.run_program import Invocation

pytestmark = pytest.mark.anyio

# It answers with its process id and what it was asked.
REPEATS = 'while read -r line; do [ "$line" = quit ] && exit; echo "$$ $line"; done'


@pytest.fixture
def resident() -> Iterator[ResidentProgram]:
    program = ResidentProgram(Invocation(["sh", "-c", REPEATS], dict(os.environ)))
    yield program
    program.close()


async def asked(resident: ResidentProgram, question: str) -> tuple[int, str] | None:
    end = f" end of {question}\n".encode()
    answer = await resident.ask(f"{question}\nX end of {question}\n".encode(), b"X" + end)
    if answer is None:
        return None
    first = answer.decode().splitlines()[0]
    pid, _, text = first.partition(" ")
    return int(pid), text


async def test_one_process_answers_all_questions_one_at_a_time(resident: ResidentProgram) -> None:
    found: dict[str, tuple[int, str] | None] = {}

    async def ask(question: str) -> None:
        found[question] = await asked(resident, question)

    async with anyio.create_task_group() as group:
        for number in range(8):
            group.start_soon(ask, f"q{number}")

    assert {each: answer[1] for each, answer in found.items() if answer} == {
        f"q{number}": f"q{number}" for number in range(8)
    }
    assert len({answer[0] for answer in found.values() if answer}) == 1


@pytest.mark.parametrize("way", ["it ends by itself", "it is killed"])
async def test_a_program_that_has_ended_is_started_again(
    way: str, resident: ResidentProgram
) -> None:
    before = await asked(resident, "one")
    assert before is not None

    if way == "it is killed":
        os.kill(before[0], signal.SIGKILL)
        while await asked(resident, "two") == (before[0], "two"):
            pass
    else:
        assert await asked(resident, "quit") is None

    after = await asked(resident, "three")
    assert after is not None
    assert (after[0] != before[0], after[1]) == (True, "three")


async def test_the_rest_of_an_answer_is_not_taken_for_the_next_one(
    resident: ResidentProgram,
) -> None:
    with anyio.move_on_after(0.05) as scope:
        await resident.ask(b"late\n", b"never")
    assert scope.cancelled_caught

    answer = await asked(resident, "next")

    assert answer is not None
    assert answer[1] == "next"
