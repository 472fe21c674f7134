"""Programs that are run to their end, by the event loop or by a thread."""

import os
import sys
import threading
from pathlib import Path

import anyio
import pytest

from podium.platform.process.run_program import (
    Ended,
    Invocation,
    read_blocking,
    read_program,
    run_blocking,
    run_program,
)

pytestmark = pytest.mark.anyio

COPIES = "import sys; sys.stdout.write(sys.stdin.read() * 2); sys.stderr.write('e'); sys.exit(3)"


def python(program: str, **fields: object) -> Invocation:
    return Invocation([sys.executable, "-c", program], dict(os.environ), **fields)  # type: ignore[arg-type] # by name


@pytest.mark.parametrize("text", ["", "ü\n", "x" * 300_000])
async def test_both_ways_give_the_same_result(text: str) -> None:
    invocation = python(COPIES, stdin=text.encode())

    ended = await run_program(invocation)

    assert ended == run_blocking(invocation) == Ended(3, text.encode() * 2, b"e")


async def test_reading_stops_at_the_limit_though_the_program_does_not() -> None:
    endless = python("while True: print('0123456789', end='')")

    assert await read_program(endless, 12) == read_blocking(endless, 12) == b"012345678901"
    assert await read_program(python("print('short', end='')"), 12) == b"short"


async def test_a_program_that_is_missing_is_an_error() -> None:
    missing = Invocation(["no-such-program"], dict(os.environ))

    with pytest.raises(FileNotFoundError):
        await run_program(missing)
    with pytest.raises(FileNotFoundError):
        await read_program(missing, 1)
    with pytest.raises(FileNotFoundError):
        run_blocking(missing)


async def test_a_cancelled_program_is_killed(tmp_path: Path) -> None:
    started = tmp_path / "started"
    program = (
        f"import os, time; open({str(started)!r}, 'w').write(str(os.getpid())); time.sleep(999)"
    )
    async with anyio.create_task_group() as group:
        group.start_soon(run_program, python(program))
        while not (started.exists() and started.read_text()):
            await anyio.sleep(0)
        group.cancel_scope.cancel()

    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


async def test_a_descriptor_is_inherited_only_if_it_is_named() -> None:
    reader, writer = os.pipe()
    writes = python(f"import os; os.write({writer}, b'here')", inherit_fds=(writer,))
    other = python(f"import os; os.write({writer}, b'here')")

    assert (await run_program(writes)).code == 0
    assert (await run_program(other)).code == 1

    os.close(writer)
    assert os.read(reader, 100) == b"here"
    os.close(reader)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread waits")
async def test_no_thread_is_started() -> None:
    before = threading.active_count()

    await run_program(python("pass"))

    assert threading.active_count() == before
