"""The worker is shared, replaced when it is lost, and never outlives its owner."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable

import anyio
import psutil
import pytest

from podium.errors import InternalError, ToolError
from podium.platform.process.processes import ProcessMark, is_alive, mark_of, wait_ended
from podium.syntax import ProblemCode, Status, SyntaxChecker, SyntaxReport, WorkerLimits
from tests.core.syntax.test_hostile_texts import STALLS_JAVASCRIPT

pytestmark = pytest.mark.anyio


def worker_of(checker: SyntaxChecker) -> ProcessMark:
    pid = checker.worker_pid
    assert pid is not None
    mark = mark_of(pid)
    assert mark is not None
    return mark


async def wait_until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(30):
        while not condition():
            await anyio.sleep(0.005)


def wait_parsing(pid: int) -> None:
    """Wait until a process has worked for a while longer than any start takes it."""
    process = psutil.Process(pid)
    before = process.cpu_times().user
    while process.cpu_times().user < before + 0.1:
        os.sched_yield()


async def test_no_process_is_started_before_the_first_check_of_a_known_language() -> None:
    async with SyntaxChecker() as checker:
        await checker.check("picture.png", b"\x89PNG\0")
        assert checker.worker_pid is None
        await checker.check("a.py", b"x = 1\n")
        assert checker.worker_pid is not None


@pytest.mark.promise("X5")
async def test_the_worker_stands_outside_the_project_and_the_terminal() -> None:
    async with SyntaxChecker() as checker:
        await checker.check("a.py", b"x = 1\n")
        worker = worker_of(checker)
        assert psutil.Process(worker.pid).cwd() == os.sep
        assert os.getsid(worker.pid) == worker.pid


@pytest.mark.promise("V5")
async def test_many_tasks_share_one_worker_and_each_gets_its_own_report() -> None:
    reports: dict[int, SyntaxReport] = {}

    async def check(number: int) -> None:
        text = b"\n" * number + b"x = (\n"
        reports[number] = await checker.check(f"file{number}.py", text)

    async with SyntaxChecker() as checker, anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(check, number)
    assert [reports[number].path for number in range(20)] == [f"file{n}.py" for n in range(20)]
    assert [reports[n].errors[0].start.line for n in range(20)] == list(range(1, 21))


async def test_a_stalled_check_does_not_spoil_those_that_wait_behind_it() -> None:
    reports: dict[str, SyntaxReport] = {}

    async def check(path: str, text: bytes) -> None:
        reports[path] = await checker.check(path, text)

    limits = WorkerLimits(seconds=1)
    async with SyntaxChecker(limits) as checker, anyio.create_task_group() as tasks:
        tasks.start_soon(check, "stalls.js", STALLS_JAVASCRIPT)
        for name in ("a.py", "b.py", "c.py"):
            tasks.start_soon(check, name, b"x = (\n")
    assert reports["stalls.js"].status is Status.GAVE_UP
    assert all(reports[name].errors for name in ("a.py", "b.py", "c.py"))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_worker_killed_between_two_checks_is_replaced(number: signal.Signals) -> None:
    async with SyntaxChecker() as checker:
        await checker.check("a.py", b"x = 1\n")
        lost = worker_of(checker)
        os.kill(lost.pid, number)
        assert (await checker.check("a.py", b"x = (\n")).errors
        assert worker_of(checker) != lost


@pytest.mark.promise("V5")
async def test_a_worker_killed_during_a_check_is_replaced_and_the_check_repeated() -> None:
    reports: list[SyntaxReport] = []

    async def check() -> None:
        reports.append(await checker.check("a.py", b"x = (\n"))

    async with SyntaxChecker(WorkerLimits(seconds=60)) as checker:
        await checker.check("a.py", b"x = 1\n")
        worker = worker_of(checker)
        os.kill(worker.pid, signal.SIGSTOP)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(check)
            await anyio.wait_all_tasks_blocked()
            os.kill(worker.pid, signal.SIGKILL)
        assert reports[0].errors
        assert worker_of(checker) != worker


async def test_a_crash_is_the_texts_fault_and_the_check_is_not_repeated() -> None:
    reports: list[SyntaxReport] = []

    async def check() -> None:
        reports.append(await checker.check("a.py", b"x = (\n"))

    async with SyntaxChecker(WorkerLimits(seconds=60)) as checker:
        await checker.check("a.py", b"x = 1\n")
        worker = worker_of(checker)
        os.kill(worker.pid, signal.SIGSTOP)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(check)
            await anyio.wait_all_tasks_blocked()
            os.kill(worker.pid, signal.SIGSEGV)
            os.kill(worker.pid, signal.SIGCONT)
        assert reports[0].status is Status.GAVE_UP
        assert reports[0].reason == "the parser crashed (signal 11)"
        assert (await checker.check("a.py", b"x = (\n")).errors


@pytest.mark.promise("V7.reported", "V7.not-passed")
async def test_a_text_that_cannot_be_checked_any_more_is_a_doubt() -> None:
    async with SyntaxChecker(WorkerLimits(seconds=1)) as checker:
        await checker.check("a.py", b"x = 1\n")
        os.kill(worker_of(checker).pid, signal.SIGSTOP)
        report = await checker.check("a.py", b"x = 2\n", b"x = 1\n")
    (doubt,) = report.doubts
    assert (report.status, doubt.code) == (Status.GAVE_UP, ProblemCode.NOT_CHECKED)
    assert report.reason in doubt.message


@pytest.mark.promise("V7.any-text")
async def test_the_shape_of_a_text_is_checked_although_its_parser_hangs() -> None:
    text = b"x = 1\n<<<<<<< ours\nx = 2\n=======\nx = 3\n>>>>>>> theirs\n"
    async with SyntaxChecker(WorkerLimits(seconds=1)) as checker:
        await checker.check("a.py", b"x = 1\n")
        os.kill(worker_of(checker).pid, signal.SIGSTOP)
        report = await checker.check("a.py", text)
    assert report.status is Status.GAVE_UP
    assert [each.code for each in report.errors] == [ProblemCode.CONFLICT_MARKER]


async def test_a_worker_that_hangs_is_given_up() -> None:
    async with SyntaxChecker(WorkerLimits(seconds=1)) as checker:
        await checker.check("a.py", b"x = 1\n")
        worker = worker_of(checker)
        os.kill(worker.pid, signal.SIGSTOP)
        report = await checker.check("a.py", b"x = (\n")
        assert report.status is Status.GAVE_UP
        assert not is_alive(worker)
        assert (await checker.check("a.py", b"x = (\n")).errors


async def test_a_cancelled_check_leaves_no_reply_for_the_next_one() -> None:
    scope = anyio.CancelScope()

    async def check() -> None:
        with scope:
            await checker.check("a.py", b"x = (\n")

    async with SyntaxChecker(WorkerLimits(seconds=60)) as checker:
        await checker.check("a.py", b"x = 1\n")
        worker = worker_of(checker)
        os.kill(worker.pid, signal.SIGSTOP)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(check)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
            os.kill(worker.pid, signal.SIGCONT)
        report = await checker.check("b.py", b"y = [\n")
        assert (report.path, len(report.errors)) == ("b.py", 1)
        assert worker_of(checker) == worker


async def test_a_check_that_the_event_loop_cancels_leaves_no_reply_for_the_next_one() -> None:
    async with SyntaxChecker(WorkerLimits(seconds=60)) as checker:
        await checker.check("a.py", b"x = 1\n")
        worker = worker_of(checker)
        os.kill(worker.pid, signal.SIGSTOP)
        # Unlike a scope's, a task's own cancellation does not wait for what is shielded.
        check = asyncio.create_task(checker.check("a.py", b"x = (\n"))
        await anyio.wait_all_tasks_blocked()
        check.cancel()
        await asyncio.wait([check])
        assert check.cancelled()
        if is_alive(worker):
            os.kill(worker.pid, signal.SIGCONT)
        report = await checker.check("b.py", b"y = [\n")
        assert (report.path, len(report.errors)) == ("b.py", 1)


async def test_closing_ends_the_worker_and_further_checks_are_our_bug() -> None:
    checker = SyntaxChecker()
    await checker.check("a.py", b"x = 1\n")
    worker = worker_of(checker)
    await checker.close()
    assert not is_alive(worker)
    assert checker.worker_pid is None
    with pytest.raises(InternalError):
        await checker.check("a.py", b"x = 1\n")
    await checker.close()


async def test_closing_during_a_check_ends_it_at_once() -> None:
    refused: list[InternalError] = []

    async def check() -> None:
        with pytest.raises(InternalError) as caught:
            await checker.check("a.js", STALLS_JAVASCRIPT)
        refused.append(caught.value)

    checker = SyntaxChecker(WorkerLimits(seconds=600))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(check)
        await wait_until(lambda: checker.worker_pid is not None)
        await checker.close()
    assert len(refused) == 1


async def test_a_worker_that_cannot_start_is_the_machines_fault() -> None:
    async with SyntaxChecker(WorkerLimits(start_seconds=0)) as checker:
        with pytest.raises(ToolError) as caught:
            await checker.check("a.py", b"x = 1\n")
    assert "podium.syntax.worker" in caught.value.hints[0]


OWNER = textwrap.dedent(
    """
    import sys
    import anyio
    from podium.syntax import SyntaxChecker, WorkerLimits

    async def main() -> None:
        checker = SyntaxChecker(WorkerLimits(seconds=2))
        await checker.check("a.py", b"x = 1\\n")
        print(checker.worker_pid, flush=True)
        if sys.argv[1] == "busy":
            await checker.check("a.js", b"/*" * 20_000)
        await anyio.sleep_forever()

    anyio.run(main)
    """
)


@pytest.mark.promise("V5")
@pytest.mark.parametrize("state", ["idle", "busy"])
def test_the_worker_ends_when_its_owner_is_killed(state: str) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-P", "-c", OWNER, state], stdout=subprocess.PIPE, text=True
    )
    with owner:
        assert owner.stdout is not None
        worker = mark_of(int(owner.stdout.readline()))
        assert worker is not None
        if state == "busy":
            wait_parsing(worker.pid)
        owner.kill()
    assert wait_ended(worker, seconds=30)
