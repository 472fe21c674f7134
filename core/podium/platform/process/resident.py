"""Sends several queries to one running program, instead of starting it for each.

The program reads queries from its standard input and writes answers to its standard output. It
ends when its input closes, so it never outlives this process.
"""

import os
import signal
import subprocess
from dataclasses import dataclass

import anyio

from podium.platform.process.run_program import Invocation

MOST_ASKED_BYTES = 4096
"""What a pipe always accepts at once; a longer query could deadlock with its answer."""

_PIECE = 1 << 16


@dataclass(frozen=True)
class _Started:
    """A running program.

    Args:
        process: the process.
        questions: the descriptor of its standard input.
        answers: the descriptor of its standard output.
    """

    process: subprocess.Popen[bytes]
    questions: int
    answers: int


class ResidentProgram:
    """A program that keeps running; started on the first query, and again if it has ended.

    Args:
        invocation: the program, its arguments and environment.
    """

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._started: _Started | None = None
        self._turn = anyio.Lock()

    async def ask(self, question: bytes, end: bytes) -> bytes | None:
        """Return the answer to a query, without its end marker.

        Args:
            question: the query, at most `MOST_ASKED_BYTES`.
            end: the last output of every answer, which cannot occur earlier in it.

        Returns:
            None if the program cannot be queried, or ended in the meantime.
        """
        async with self._turn:
            try:
                return await self._ask(self._started or self._start(), question, end)
            except OSError:
                self.close()
                return None
            except BaseException:
                # Otherwise the rest of this answer would be read as the answer to the next query.
                self.close()
                raise

    def close(self) -> None:
        """End the program; the next query starts it again."""
        started, self._started = self._started, None
        if started is None:
            return
        os.close(started.questions)
        os.close(started.answers)
        started.process.send_signal(signal.SIGKILL)
        started.process.wait()

    def _start(self) -> _Started:
        program = self._invocation
        process = subprocess.Popen(
            list(program.command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(program.environment),
            start_new_session=True,
            bufsize=0,
        )
        assert process.stdin is not None, "it is piped"
        assert process.stdout is not None, "it is piped"
        questions, answers = os.dup(process.stdin.fileno()), os.dup(process.stdout.fileno())
        process.stdin.close()
        process.stdout.close()
        self._started = _Started(process, questions, answers)
        return self._started

    async def _ask(self, started: _Started, question: bytes, end: bytes) -> bytes:
        os.write(started.questions, question)
        received = bytearray()
        while not received.endswith(end):
            await anyio.wait_readable(started.answers)
            piece = os.read(started.answers, _PIECE)
            if not piece:
                raise BrokenPipeError("the program has ended")
            received += piece
        return bytes(received[: -len(end)])
