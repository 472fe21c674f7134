"""What a runner, its fork server and a forked shim say to one another.

A message to the server has a text and three descriptors: a socket for the call, the call's lock,
and its log. The forked shim reads a `ForkedCall` from the call's socket until its end, and answers
with one byte. If the socket closes without an answer, no shim has started and none will.
"""

import json
import socket
from dataclasses import dataclass
from typing import Self

from podium.platform.installation import program_identity
from podium.platform.process.start_state import StartState

ANSWER = b"1"
_MAX_MESSAGE_BYTES = 4096
_DESCRIPTORS = 3


@dataclass(frozen=True)
class Message:
    """A message to the fork server.

    Args:
        program: identifies the runner's program and its version.
        agent: the name of the agent.
    """

    program: str
    agent: str

    @classmethod
    def of_this_program(cls, agent: str) -> Self:
        """Return the message for a call of an agent."""
        return cls(program_identity(), agent)

    def send(self, server: socket.socket, descriptors: list[int]) -> None:
        """Send the message: it arrives whole or not at all.

        Raises:
            OSError: the server has ended.
        """
        text = json.dumps([self.program, self.agent]).encode()
        socket.send_fds(server, [text], descriptors)

    @classmethod
    def receive(cls, runner: socket.socket) -> tuple[Self | None, list[int]]:
        """Return the next message and its descriptors; no message if the runner has ended."""
        text, descriptors, _, _ = socket.recv_fds(
            runner, _MAX_MESSAGE_BYTES, _DESCRIPTORS, socket.MSG_CMSG_CLOEXEC
        )
        if not text or len(descriptors) != _DESCRIPTORS:
            return None, descriptors
        program, agent = json.loads(text)
        return cls(program, agent), descriptors


@dataclass(frozen=True)
class ForkedCall:
    """What a forked shim reads from the socket of its call.

    Args:
        folder: the directory of the call; becomes the working folder.
        state: what a process started by the runner would inherit.
    """

    folder: str
    state: StartState

    def send(self, shim: socket.socket) -> bool:
        """Send the value; return whether the shim has started.

        Only an answer means that it has: the answering process has the other end of the socket.
        """
        text = json.dumps({"folder": self.folder, "state": self.state.to_json()})
        try:
            shim.sendall(text.encode())
            shim.shutdown(socket.SHUT_WR)
            return shim.recv(len(ANSWER)) == ANSWER
        except (BrokenPipeError, ConnectionResetError):
            return False

    @classmethod
    def receive(cls, runner: socket.socket) -> Self:
        """Return the value that `send` sent.

        Raises:
            ValueError: the runner died while it was sending.
        """
        with runner.makefile("rb") as file:
            fields: dict[str, str] = json.loads(file.read())
        return cls(fields["folder"], StartState.from_json(fields["state"]))
