"""Asks a program several questions, one after the other, instead of starting it for each.

The program reads questions from its standard input and answers on its standard output. It ends when
its input closes, so it never outlives this process.
"""

import os
import signal
import subprocess
from dataclasses import dataclass

import anyio

from podium.platform.process.run_program import Invocation

MOST_ASKED_BYTES = 4096
"""What a pipe takes at once: a longer question could block while the answer does."""

_PIECE = 1 << 16


@dataclass(frozen=True)
class _Started:
    """A running program.

    Args:
        process: the process.
        questions: the descriptor that it reads.
        answers: the descriptor that it writes.
    """

    process: subprocess.Popen[bytes]
    questions: int
    answers: int


class ResidentProgram:
    """A program that stays; it is started when it is first asked, and again if it has ended.

    Args:
        invocation: the program, its arguments and environment.
    """

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._started: _Started | None = None
        self._turn = anyio.Lock()

    async def ask(self, question: bytes, end: bytes) -> bytes | None:
        """Return the answer to a question, without its end.

        Args:
            question: what is written, at most `MOST_ASKED_BYTES`.
            end: what the program writes last, which nothing before can contain.

        Returns:
            None if the program cannot be asked, or has ended meanwhile.
        """
        async with self._turn:
            try:
                return await self._ask(self._started or self._start(), question, end)
            except OSError:
                self.close()
                return None
            except BaseException:
                # The rest of the answer would be taken for that to the next question.
                self.close()
                raise

    def close(self) -> None:
        """End the program; it is started again when it is asked again."""
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
