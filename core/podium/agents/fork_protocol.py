"""The protocol between a runner, its fork server and a forked shim.

A message to the server has a text and three file descriptors: a socket for the call, the call's
lock, and its log. The forked shim reads a `ForkedCall` from the socket until the end of the stream,
and replies with one byte. If the socket closes without a reply, no shim has started and none will.
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
        """Return the message for a call to an agent."""
        return cls(program_identity(), agent)

    def send(self, server: socket.socket, descriptors: list[int]) -> None:
        """Send the message, which arrives either whole or not at all.

        Raises:
            OSError: the server has ended.
        """
        text = json.dumps([self.program, self.agent]).encode()
        socket.send_fds(server, [text], descriptors)

    @classmethod
    def receive(cls, runner: socket.socket) -> tuple[Self | None, list[int]]:
        """Return the next message and its descriptors; the message is None if the runner ended."""
        text, descriptors, _, _ = socket.recv_fds(
            runner, _MAX_MESSAGE_BYTES, _DESCRIPTORS, socket.MSG_CMSG_CLOEXEC
        )
        if not text or len(descriptors) != _DESCRIPTORS:
            return None, descriptors
        program, agent = json.loads(text)
        return cls(program, agent), descriptors


@dataclass(frozen=True)
class ForkedCall:
    """The value that a forked shim reads from the socket of its call.

    Args:
        folder: the directory of the call; becomes the working folder.
        state: the state that a process started by the runner would inherit.
    """

    folder: str
    state: StartState

    def send(self, shim: socket.socket) -> bool:
        """Send the value; return whether the shim has started.

        Only a reply proves that it has started, because only the shim holds the other end of the
        socket.
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
        """Return the value that was sent by `send`.

        Raises:
            ValueError: the runner died while it was sending.
        """
        with runner.makefile("rb") as file:
            fields: dict[str, str] = json.loads(file.read())
        return cls(fields["folder"], StartState.from_json(fields["state"]))
