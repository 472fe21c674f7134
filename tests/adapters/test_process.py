"""Supervision of command lines, with real processes that do not want to end."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import anyio
import pytest

from podium.errors import AgentUnavailable
from podium.model.agents import Limits
from podium.platform.process import process_tree
from podium.platform.process.processes import ProcessMark, mark_of
from podium_adapters.process import Child, Launch, LimitHit, started
from tests.adapters.harness import Call, is_alive, new_call, wait_until

# Writes its own id and those of its children, one a line, into the file `pids`.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sleep = [sys.executable, "-c", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
         "print('up', flush=True); signal.pause()"]
away = subprocess.Popen(sleep, start_new_session=True, stdout=subprocess.PIPE)
near = subprocess.Popen(sleep, stdout=subprocess.PIPE)
# A child that lost the environment and moved away.
bare = subprocess.Popen(sleep, env={}, start_new_session=True, stdout=subprocess.PIPE)
# Orphans, whose parents end at once: one in a session of its own, one that lost the environment.
def orphan(**how):
    code = ("import subprocess, sys; how = eval(sys.argv[1]); "
            "p = subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE, **how); "
            "p.stdout.readline(); print(p.pid, flush=True)")
    argv = [sys.executable, "-c", code, repr(how), *sleep]
    parent = subprocess.Popen(argv, stdout=subprocess.PIPE)
    pid = int(parent.stdout.readline())
    parent.wait()
    return pid
far, poor = orphan(start_new_session=True), orphan(env={})
for each in (away, near, bare):
    each.stdout.readline()
open("pids.new", "w").write(f"{os.getpid()} {away.pid} {near.pid} {far} {poor} {bare.pid}")
os.rename("pids.new", "pids")
print("ready", flush=True)
signal.pause()
"""
T = TypeVar("T")
GENEROUS = Limits(wall_seconds=60, idle_seconds=60)


@dataclass(frozen=True)
class Program:
    """A Python program that is run in a call's working folder."""

    call: Call

    def launch(self, code: str, *, talks: bool = True, **environment: str) -> Launch:
        variables = {"PATH": os.environ["PATH"], **environment}
        watched = None if talks else self.call.output
        argv = [sys.executable, "-c", code]
        return Launch(argv, self.call.folder, variables, talks, watched)

    def run(self, launch: Launch, limits: Limits, work: Callable[[Child], Awaitable[T]]) -> T:
        async def have_it() -> T:
            async with started(launch, self.call.context, limits) as child:
                return await work(child)
            raise AssertionError("unreachable")

        return anyio.run(have_it)

    def limit_of(self, code: str, limits: Limits) -> LimitHit:
        async def wait(child: Child) -> LimitHit:
            return await child.wait_limit()

        return self.run(self.launch(code), limits, wait)

    def pids(self) -> list[int]:
        return [int(each) for each in (self.call.folder / "pids").read_text().split()]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    monkeypatch.setattr("podium_adapters.process.TERM_SECONDS", 0.4)
    made = Program(new_call(tmp_path))
    yield made
    if (made.call.folder / "pids").exists():
        for pid in made.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


async def first_line(child: Child) -> bytes:
    return await child.reader.readline()


@pytest.mark.promise("G6")
def test_nothing_of_a_tree_survives_not_even_what_ignores_sigterm_or_moved_away(
    program: Program,
) -> None:
    assert program.run(program.launch(STUBBORN), GENEROUS, first_line) == b"ready\n"
    pids = program.pids()
    assert len(set(pids)) == 6
    assert not [pid for pid in pids if is_alive(pid)]


@pytest.mark.promise("G6")
def test_a_tree_is_ended_although_its_root_died_before(program: Program) -> None:
    mark = process_tree.new_mark()
    environment = {**os.environ, process_tree.MARK_VARIABLE: mark}
    root = subprocess.Popen(
        [sys.executable, "-c", STUBBORN],
        cwd=program.call.folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until((program.call.folder / "pids").exists)
    known = mark_of(root.pid)
    assert known is not None
    root.kill()
    root.wait()
    *left, _lost = [pid for pid in program.pids() if is_alive(pid)]
    assert len(left) == 4
    assert sorted(process_tree.members(known, mark=mark)) == sorted(left)

    process_tree.end_tree(known, mark=mark, term_seconds=0.1)

    assert not [pid for pid in left if is_alive(pid)]


def test_a_process_that_only_got_the_same_id_is_left_alone(program: Program) -> None:
    waits = [sys.executable, "-c", "input()"]
    other = subprocess.Popen(waits, stdin=subprocess.PIPE, start_new_session=True)
    try:
        former = ProcessMark(pid=other.pid, started_at=1.0)
        process_tree.end_tree(former, mark=process_tree.new_mark(), term_seconds=0)
        assert is_alive(other.pid)
    finally:
        other.communicate()


@pytest.mark.promise("G6")
def test_being_cancelled_ends_the_tree_before_the_cancellation_goes_on(program: Program) -> None:
    launch, context = program.launch(STUBBORN), program.call.context

    async def cancel_when_ready() -> list[int]:
        alive: list[int] = []
        with anyio.CancelScope() as scope:
            try:
                async with started(launch, context, GENEROUS) as child:
                    await child.reader.readline()
                    scope.cancel()
                    await anyio.sleep_forever()
            finally:
                alive = [pid for pid in program.pids() if is_alive(pid)]
        return alive

    assert anyio.run(cancel_when_ready) == []
    assert len(program.pids()) == 6


def test_the_exit_status_is_told_after_a_kill(program: Program) -> None:
    seen: list[Child] = []

    async def keep(child: Child) -> None:
        await child.reader.readline()
        seen.append(child)

    program.run(program.launch("print('up', flush=True); input()"), GENEROUS, keep)
    assert seen[0].process.returncode == -signal.SIGTERM


@pytest.mark.promise("G6")
def test_silence_is_ended_by_the_idle_limit(program: Program) -> None:
    limits = Limits(wall_seconds=60, idle_seconds=0.3)
    hit = program.limit_of("input()", limits)
    assert (hit.kind, hit.detail) == (
        "idle",
        "it neither printed anything nor changed a file for 0.3 s",
    )


@pytest.mark.promise("G6")
@pytest.mark.parametrize(
    ("code", "talks"),
    [
        ("print('.', flush=True)", True),
        ("open('file', 'a').write('.')", True),
        ("import os; os.makedirs('a/b', exist_ok=True); os.utime('a/b')", True),
        ("open({output!r}, 'a').write('.')", False),
    ],
    ids=["output", "file", "folder", "watched"],
)
def test_every_sign_of_life_puts_the_idle_limit_off(
    program: Program, code: str, talks: bool
) -> None:
    act = code.replace("{output!r}", repr(str(program.call.output)))
    busy = f"import time\nprint('up', flush=True)\nwhile True:\n    {act}\n    time.sleep(0.02)"

    async def wait(child: Child) -> LimitHit:
        if talks:
            await child.reader.readline()
        return await child.wait_limit()

    limits = Limits(wall_seconds=1.3, idle_seconds=0.7)
    hit = program.run(program.launch(busy, talks=talks), limits, wait)
    assert (hit.kind, hit.detail) == ("wall", "it took longer than 1.3 s")


@pytest.mark.promise("G6")
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_of_output_is_ended(program: Program, stream: str) -> None:
    code = f"import sys\nwhile True: sys.{stream}.write('x' * 4096)"
    limits = Limits(wall_seconds=60, idle_seconds=60, output_bytes=100_000)
    assert program.limit_of(code, limits).kind == "output"


@pytest.mark.promise("G9.environment")
def test_a_process_sees_only_the_environment_it_was_given(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "must not leak")
    code = "import os; print(' '.join(sorted(os.environ)), flush=True)"
    seen = program.run(program.launch(code, GIVEN="1"), GENEROUS, first_line).decode().split()
    assert set(seen) - {"LC_CTYPE", "__CF_USER_TEXT_ENCODING"} == {
        "GIVEN",
        "PATH",
        process_tree.MARK_VARIABLE,
    }


def test_the_lock_is_held_as_long_as_any_child_lives(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    held = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(held, fcntl.LOCK_EX)
    program = Program(new_call(tmp_path, inherit_fds=(held,)))

    async def look(child: Child) -> bool:
        await child.reader.readline()
        os.close(held)
        return is_locked(path)

    assert program.run(program.launch("print('up', flush=True); input()"), GENEROUS, look)
    assert not is_locked(path)


def is_locked(path: Path) -> bool:
    fd = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def test_a_line_of_many_megabytes_arrives_whole(program: Program) -> None:
    code = "print('x' * 5_000_000, flush=True); input()"
    line = program.run(program.launch(code), GENEROUS, first_line)
    assert len(line) == 5_000_001


def test_a_program_that_is_not_there_is_unavailable(program: Program) -> None:
    launch = Launch(["no-such-program"], program.call.folder, {"PATH": ""}, talks=True)
    with pytest.raises(AgentUnavailable, match="no-such-program cannot be started"):
        program.run(launch, GENEROUS, first_line)
