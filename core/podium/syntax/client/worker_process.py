"""Starts, queries and kills one worker process."""

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass

import anyio
from anyio.abc import ByteSendStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream

from podium.errors import ToolError
from podium.syntax.protocol import LENGTH_BYTES, READY, unpack_length
from podium.syntax.time_limits import wall_seconds

_PIPE_ENDED = (
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
    anyio.IncompleteRead,
)


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """Resource limits of a worker.

    Args:
        seconds: limit of the processor time for one file of usual size; `time_limits` has the
            limits for larger ones, and for a worker that hangs without using the processor.
        memory_bytes: limit of the address space.
        start_seconds: wall-clock time limit for starting.
    """

    seconds: float = 2.0
    memory_bytes: int = 1024 * 1024 * 1024
    start_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The worker did not answer in time; it may still be running."""


@dataclass(frozen=True, slots=True)
class Died:
    """The worker exited instead of answering.

    Args:
        signal_number: the signal that killed it; 0 if it exited on its own.
    """

    signal_number: int


class WorkerProcess:
    """One running worker, created by `start`; `end` must be called."""

    def __init__(self, process: Process, limits: WorkerLimits) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._limits = limits
        self._requests: ByteSendStream = process.stdin
        self._replies = BufferedByteReceiveStream(process.stdout)

    @classmethod
    async def start(cls, limits: WorkerLimits) -> "WorkerProcess":
        """Start a worker and wait until it is ready.

        Raises:
            ToolError: it cannot be started, or exits immediately.
        """
        module = ("-P", "-m", "podium.syntax.worker")
        try:
            process = await anyio.open_process(
                [sys.executable, *module, str(limits.memory_bytes), str(limits.seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # Isolate the worker from the project's files and the terminal's interrupts.
                cwd=os.sep,
                start_new_session=True,
            )
        except OSError as error:
            raise _cannot_start(str(error)) from error
        worker = cls(process, limits)
        is_ready = False
        try:
            with anyio.move_on_after(limits.start_seconds), contextlib.suppress(*_PIPE_ENDED):
                is_ready = await worker._replies.receive_exactly(len(READY)) == READY
        finally:
            if not is_ready:
                await worker.end()
        if not is_ready:
            raise _cannot_start("it exited or hung before it was ready")
        return worker

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    async def ask(self, frame: bytes) -> bytes | TimedOut | Died:
        """Send a request and return the JSON of the reply.

        After any outcome other than a reply, the worker is unusable and must be stopped.
        Cancellation waits for the answer, because a half-read pipe would also be unusable.
        """
        with anyio.move_on_after(wall_seconds(self._limits.seconds, len(frame)), shield=True):
            try:
                await self._requests.send(frame)
                length = await self._replies.receive_exactly(LENGTH_BYTES)
                return await self._replies.receive_exactly(unpack_length(length))
            except _PIPE_ENDED:
                code = await self._process.wait()
                return TimedOut() if code == -signal.SIGPROF else Died(max(-code, 0))
        return TimedOut()

    def kill(self) -> None:
        """Kill the process without waiting for it to exit."""
        # Not with `Process.kill`, which may reap the process without its event loop noticing.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    async def end(self) -> None:
        """Kill the process and wait until it has exited."""
        with anyio.CancelScope(shield=True):
            self.kill()
            await self._process.aclose()


def _cannot_start(why: str) -> ToolError:
    return ToolError(
        "The syntax worker cannot be started",
        why=why,
        hints=(f"{sys.executable} -P -m podium.syntax.worker 1073741824 3 shows its error",),
    )
