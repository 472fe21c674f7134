"""Runs a program to its end without a dedicated thread or temporary file.

On Linux its output goes to anonymous files in memory, and the event loop waits for the process
itself (`pidfd`). On other systems a worker thread of the shared pool waits.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import anyio

_DEFAULT_SIGNALS = (signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that Python ignores; a program expects their default."""

_PIECE = 1 << 16


@dataclass(frozen=True)
class Ended:
    """The result of a program.

    Args:
        code: the exit code; negative if a signal ended it.
        stdout: its standard output.
        stderr: its standard error.
    """

    code: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True)
class Invocation:
    """A program to run in its own session, so that Ctrl-C in the terminal does not reach it.

    Args:
        command: the program, looked up on this process's PATH, and its arguments. It starts in this
            process's working folder.
        environment: the whole environment.
        stdin: the standard input; empty if there is none.
        inherit_fds: descriptors that it inherits, with the same numbers.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    stdin: bytes = b""
    inherit_fds: Sequence[int] = ()


async def run_program(invocation: Invocation) -> Ended:
    """Run a program to its end; on cancellation it is killed.

    Raises:
        OSError: it cannot be started.
    """
    if sys.platform != "linux":
        return await anyio.to_thread.run_sync(run_blocking, invocation)
    with ExitStack() as stack:
        stdout, stderr = _memory_file(stack), _memory_file(stack)
        pid = _spawn(invocation, stdout, stderr, stack)
        code = await _wait(pid)
        return Ended(code, _content(stdout), _content(stderr))


async def read_program(invocation: Invocation, limit: int) -> bytes:
    """Run a program and return at most the first `limit` bytes of its output; discard the rest.

    Raises:
        OSError: it cannot be started.
    """
    if sys.platform != "linux":
        return await anyio.to_thread.run_sync(partial(read_blocking, invocation, limit))
    with ExitStack() as stack:
        reader, writer = os.pipe()
        stack.callback(os.close, reader)
        with os.fdopen(writer, "wb"):
            pid = _spawn(invocation, writer, _memory_file(stack), stack)
        received = bytearray()
        try:
            while len(received) < limit:
                await anyio.wait_readable(reader)
                piece = os.read(reader, min(_PIECE, limit - len(received)))
                if not piece:
                    break
                received += piece
        finally:
            _kill(pid)
            _reap(pid)
        return bytes(received)


def run_blocking(invocation: Invocation) -> Ended:
    """Run a program to its end in this thread.

    Raises:
        OSError: it cannot be started.
    """
    with _popen(invocation) as process:
        stdout, stderr = process.communicate(invocation.stdin)
    return Ended(process.returncode, stdout, stderr)


def read_blocking(invocation: Invocation, limit: int) -> bytes:
    """Return at most the first `limit` bytes of a program's output, in this thread.

    Raises:
        OSError: it cannot be started.
    """
    with _popen(invocation, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None, "it is piped"
        assert process.stdout is not None, "it is piped"
        process.stdin.close()
        received = process.stdout.read(limit)
        process.kill()
    return received


def _popen(invocation: Invocation, stderr: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        list(invocation.command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=dict(invocation.environment),
        start_new_session=True,
        pass_fds=tuple(invocation.inherit_fds),
    )


if sys.platform == "linux":

    def _memory_file(stack: ExitStack, content: bytes = b"") -> int:
        fd = os.memfd_create("podium")
        stack.callback(os.close, fd)
        if content:
            os.write(fd, content)
            os.lseek(fd, 0, os.SEEK_SET)
        return fd

    def _spawn(invocation: Invocation, stdout: int, stderr: int, stack: ExitStack) -> int:
        """Start the program and return its process id; the caller must wait for it."""
        nothing = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
        stdin = _memory_file(stack, invocation.stdin) if invocation.stdin else None
        return os.posix_spawnp(
            invocation.command[0],
            list(invocation.command),
            dict(invocation.environment),
            file_actions=[
                nothing if stdin is None else (os.POSIX_SPAWN_DUP2, stdin, 0),
                (os.POSIX_SPAWN_DUP2, stdout, 1),
                (os.POSIX_SPAWN_DUP2, stderr, 2),
                # Duplicated onto itself, a descriptor becomes inheritable.
                *((os.POSIX_SPAWN_DUP2, fd, fd) for fd in invocation.inherit_fds),
            ],
            setsid=True,
            setsigdef=_DEFAULT_SIGNALS,
        )

    async def _wait(pid: int) -> int:
        """Wait until the process has ended and return its exit code; kill it on cancellation."""
        try:
            ended = os.pidfd_open(pid)
            try:
                await anyio.wait_readable(ended)
            finally:
                os.close(ended)
        except BaseException:
            _kill(pid)
            raise
        finally:
            code = _reap(pid)
        return code

    def _content(fd: int) -> bytes:
        size, at = os.fstat(fd).st_size, 0
        pieces: list[bytes] = []
        while at < size and (piece := os.pread(fd, size - at, at)):
            pieces.append(piece)
            at += len(piece)
        return b"".join(pieces)


def _kill(pid: int) -> None:
    """Kill a child that has not been reaped, so its id cannot belong to another process."""
    os.kill(pid, signal.SIGKILL)


def _reap(pid: int) -> int:
    """Reap a child that has ended or is about to end, and return its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
