"""Starts and supervises the process of an agent.

The process gets a list of arguments, no shell, its own session, and a file for its error output;
limits are enforced here, and all of its processes are ended.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

import anyio

from podium.errors import AgentUnavailable
from podium.model.agents import Limits
from podium.platform.owned_files import open_file
from podium.platform.process import process_tree
from podium.platform.process.descendants import has_no_descendants
from podium.platform.process.processes import ProcessMark, mark_of, watch_end
from podium.platform.sandbox.prefix import confining_prefix
from podium.ports.agent import CallContext
from podium_adapters.environment import preload_environment
from podium_adapters.forked import Copy, ForkedProcess, fork_process

LINE_BYTES = 64 * 1024 * 1024
"""Maximum line length: one message may contain a whole file, twice."""

TERM_SECONDS = 2.0
_CHUNK_BYTES = 64 * 1024
_TICK_SECONDS = 0.25
_FIRST_PAUSE_SECONDS = 0.001
_JUMP_SECONDS = 1.0
_MOST_JUMPS = 100
_PAUSE_SECONDS = 0.02
_CLOSE_SECONDS = 5.0


@dataclass(frozen=True)
class Launch:
    """A process to start.

    Args:
        argv: the program and its arguments.
        folder: the working folder.
        environment: its whole environment.
        talks: whether standard input and output are pipes; otherwise the input is closed and the
            output goes to a file, so that the process can outlive this one.
        watched: a file whose growth counts as activity.
        body: what the program does, if the process is to be a copy of this one; see `can_fork`.
        confines_itself: whether it is a program of Podium's own that confines what it starts.
    """

    argv: Sequence[str]
    folder: Path
    environment: dict[str, str]
    talks: bool
    watched: Path | None = None
    body: Callable[[], int] | None = None
    confines_itself: bool = False


@dataclass(frozen=True)
class LimitHit:
    """A limit that was exceeded.

    Args:
        kind: the kind of limit.
        detail: a sentence for the user.
    """

    kind: Literal["wall", "idle", "output"]
    detail: str


class FileAges:
    """Computes how long ago a file changed, in seconds that count towards the limits.

    File times come from the wall clock, which jumps when it is set, when the machine sleeps and
    while the limits are suspended. `note` has to be called often enough to see each jump.

    Args:
        now: returns the seconds that count towards the limits.
        wall: returns the time of the wall clock.
    """

    def __init__(self, now: Callable[[], float], wall: Callable[[], float] = time.time) -> None:
        self._now = now
        self._wall = wall
        began = now()
        self._jumps = [(began, wall() - began)]

    def note(self) -> None:
        """Note a jump of the wall clock."""
        now = self._now()
        offset = self._wall() - now
        if abs(offset - self._jumps[-1][1]) <= _JUMP_SECONDS:
            return
        if self._jumps[-1][0] == now:
            self._jumps.pop()  # no time has counted since
        self._jumps.append((now, offset))
        del self._jumps[:-_MOST_JUMPS]

    def age_of(self, changed_at: float) -> float:
        """Return how long ago a change happened; infinite if it was before the first `note`."""
        self.note()
        now = end = self._now()
        skipped: float | None = None
        for began, offset in reversed(self._jumps):
            at = changed_at - offset
            if began - _JUMP_SECONDS <= at <= end + _JUMP_SECONDS:
                return now - min(max(at, began), end)
            if at > end and skipped is not None:
                return now - skipped  # it happened while no time counted
            skipped = began if at < began else None
            end = began
        return float("inf")


@dataclass
class Child:
    """A started process.

    Args:
        process: the process.
        reader: its output; empty if the process has no pipes.
        errors: the file with its error output.
        root: its id and start time.
        mark: the environment mark of its whole tree.
        launch: how it was started.
        limits: its limits.
        now: returns the seconds that count towards the limits.
    """

    process: asyncio.subprocess.Process | ForkedProcess
    reader: asyncio.StreamReader
    errors: Path
    root: ProcessMark
    mark: str
    launch: Launch
    limits: Limits
    now: Callable[[], float]
    output_bytes: int = 0
    started_at: float = field(init=False)
    last_sign_at: float = field(init=False)
    _watched_bytes: int = 0
    _ages: "FileAges" = field(init=False)

    def __post_init__(self) -> None:
        """Start the limits."""
        self.started_at = self.last_sign_at = self.now()
        self._ages = FileAges(self.now)

    async def pump(self) -> None:
        """Forward the output of the process, and record it as activity."""
        stdout = self.process.stdout
        assert stdout is not None, "only a process with pipes is pumped"
        while chunk := await stdout.read(_CHUNK_BYTES):
            self.output_bytes += len(chunk)
            self.last_sign_at = self.now()
            self.reader.feed_data(chunk)
        self.reader.feed_eof()

    async def wait_limit(self) -> LimitHit:
        """Wait until a limit is exceeded, and return it."""
        while True:
            hit = await self._exceeded()
            if hit is not None:
                return hit
            await anyio.sleep(max(0.0, min(_TICK_SECONDS, self._seconds_left())))

    def last_words(self) -> str:
        """Return the last line of its error output, or ""."""
        lines = self.error_text().strip().splitlines()
        return lines[-1].strip() if lines else ""

    def error_text(self) -> str:
        """Return the end of its error output."""
        try:
            fd = open_file(self.errors, os.O_RDONLY)
        except FileNotFoundError:
            return ""
        with open(fd, "rb") as file:
            file.seek(max(0, os.fstat(fd).st_size - _CHUNK_BYTES))
            return file.read().decode("utf-8", "replace")

    def _seconds_left(self) -> float:
        now = self.now()
        return min(
            self.started_at + self.limits.wall_seconds - now,
            self.last_sign_at + self.limits.idle_seconds - now,
        )

    async def _exceeded(self) -> LimitHit | None:
        limits, now = self.limits, self.now()
        self._ages.note()
        printed = self.output_bytes + _size(self.errors) + self._note_growth(now)
        if printed > limits.output_bytes:
            return LimitHit("output", f"it printed more than {limits.output_bytes:,} bytes")
        if now - self.started_at >= limits.wall_seconds:
            return LimitHit("wall", f"it took longer than {limits.wall_seconds:g} s")
        silent = now - self.last_sign_at
        if silent < limits.idle_seconds or await self._files_changed(silent):
            return None
        quiet = f"{limits.idle_seconds:g} s"
        return LimitHit("idle", f"it neither printed anything nor changed a file for {quiet}")

    def _note_growth(self, now: float) -> int:
        size = _size(self.launch.watched) if self.launch.watched else 0
        if size != self._watched_bytes:
            self._watched_bytes, self.last_sign_at = size, now
        return size

    async def _files_changed(self, seconds: float) -> bool:
        """Return whether files changed in the last `seconds`; called only if a process is
        silent."""
        changed_at = await anyio.to_thread.run_sync(_newest_change, self.launch.folder)
        age = self._ages.age_of(changed_at)
        if age >= seconds:
            return False
        self.last_sign_at = self.now() - age
        return age < self.limits.idle_seconds


@contextlib.asynccontextmanager
async def started(launch: Launch, context: CallContext, limits: Limits) -> AsyncGenerator[Child]:
    """Start a process for the duration of a block; afterwards its whole tree is gone.

    Raises:
        AgentUnavailable: it cannot be started.
    """
    child = await _spawn(launch, context, limits)
    try:
        async with anyio.create_task_group() as group:
            if launch.talks:
                group.start_soon(child.pump)
            yield child
            group.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await _end(child)


async def end_gracefully(child: Child, *, seconds: float) -> None:
    """Close the input of a process with pipes and give it a moment to exit."""
    stdin = child.process.stdin
    if stdin is not None:
        stdin.close()
    with anyio.move_on_after(seconds):
        # Wait for the process itself, not for its pipes, which its children may keep open.
        watched = watch_end(child.root) if child.process.returncode is None else None
        if watched is not None:
            try:
                await anyio.wait_readable(watched)
            finally:
                os.close(watched)
        pause = _FIRST_PAUSE_SECONDS
        while child.process.returncode is None:
            await anyio.sleep(pause)
            pause = min(2 * pause, _PAUSE_SECONDS)


def _new(path: Path) -> BinaryIO:
    return open(open_file(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb")


async def _spawn(launch: Launch, context: CallContext, limits: Limits) -> Child:
    mark, errors = process_tree.new_mark(), context.scratch / "stderr.txt"
    environment = launch.environment | {process_tree.MARK_VARIABLE: mark}
    with _new(errors) as sink, _new(context.scratch / "stdout.txt") as output:
        try:
            process = await _start(launch, context, environment, output.fileno(), sink.fileno())
        except (OSError, ValueError) as error:
            raise AgentUnavailable(
                f"{launch.argv[0]} cannot be started",
                why=str(error),
                hints=["podium agents"],
            ) from error
    root = mark_of(process.pid) or ProcessMark(pid=process.pid, started_at=0)
    reader = asyncio.StreamReader(limit=LINE_BYTES)
    return Child(process, reader, errors, root, mark, launch, limits, context.limit_seconds)


async def _start(
    launch: Launch, context: CallContext, environment: dict[str, str], output: int, errors: int
) -> asyncio.subprocess.Process | ForkedProcess:
    """Start the process.

    Raises:
        OSError, ValueError: it cannot be started.
    """
    inherited = tuple(context.inherit_fds)
    if launch.body is not None:
        title, folder = launch.argv, launch.folder
        return fork_process(
            Copy(launch.body, title, folder, environment, output, errors, inherited)
        )
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    confinement = None if launch.confines_itself else context.confinement
    return await asyncio.create_subprocess_exec(
        *confining_prefix(confinement, environment),
        *launch.argv,
        stdin=pipe if launch.talks else nothing,
        stdout=pipe if launch.talks else output,
        stderr=errors,
        cwd=launch.folder,
        env=environment,
        pass_fds=inherited,
        start_new_session=True,
        limit=LINE_BYTES,
    )


async def _end(child: Child) -> None:
    if not has_no_descendants():
        await anyio.to_thread.run_sync(
            lambda: process_tree.end_tree(child.root, mark=child.mark, term_seconds=TERM_SECONDS)
        )
    stdin = child.process.stdin
    with anyio.move_on_after(_CLOSE_SECONDS):
        await child.process.wait()
        await _drain(child.process.stdout)
        if stdin is not None:
            stdin.close()
            with contextlib.suppress(ConnectionError):
                await stdin.wait_closed()


async def _drain(stdout: asyncio.StreamReader | None) -> None:
    """Read the rest of the output: the event loop closes its pipe only at its end.

    Some agents' first process exits long before the others, which keep the pipe open.
    """
    while stdout is not None and await stdout.read(_CHUNK_BYTES):
        pass


def preload_process() -> None:
    """Do the one-time work for starting and ending a process in advance."""
    preload_environment()
    mark = mark_of(os.getpid())
    assert mark is not None, "a process sees itself"
    process_tree.members(mark)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _newest_change(folder: Path) -> float:
    """Return the time of the last creation, change or removal in a folder, by the wall clock."""
    newest = 0.0
    for place, folders, files in os.walk(folder):
        if ".git" in folders:
            folders.remove(".git")
        for name in (".", *files):
            with contextlib.suppress(OSError):
                newest = max(newest, os.lstat(os.path.join(place, name)).st_ctime)
    return newest
