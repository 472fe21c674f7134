"""What can wait does, while tasks are about to call their agents."""

import anyio
import pytest

from podium.runs.context import Preparations

pytestmark = pytest.mark.anyio


async def settle() -> None:
    """Let everything happen that waits for nothing."""
    for _ in range(10):
        await anyio.lowlevel.checkpoint()


async def test_it_waits_until_no_task_is_being_prepared() -> None:
    preparations, done = Preparations(8), list[str]()

    async def clean_up(name: str) -> None:
        await preparations.wait_for_none()
        done.append(name)

    await clean_up("at once")
    preparations.begin("t1")
    preparations.begin("t2")
    async with anyio.create_task_group() as group:
        group.start_soon(clean_up, "later")
        await settle()
        preparations.end("t1")
        await settle()
        assert done == ["at once"]
        preparations.end("t2")
        await settle()
        assert done == ["at once", "later"]


async def test_only_so_many_wait() -> None:
    preparations, done = Preparations(2), list[int]()

    async def clean_up(number: int) -> None:
        await preparations.wait_for_none()
        done.append(number)

    preparations.begin("t1")
    async with anyio.create_task_group() as group:
        for number in range(4):
            group.start_soon(clean_up, number)
        await settle()
        assert done == [2, 3]
        preparations.end("t1")
    assert sorted(done) == [0, 1, 2, 3]
