"""Starts shims: directly as new processes, or forked by a fork server.

Both ways result in the same process. A forked one takes a fraction of the CPU time, because it
imports nothing.
"""

import os
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from podium.agents.call_directory import CallDirectory
from podium.agents.fork_protocol import ForkedCall, Message
from podium.platform.installation import was_replaced
from podium.platform.process.processes import open_log, start_child, start_detached
from podium.platform.process.start_state import StartState

_MAX_FAILURES = 3
_KEPT_VARIABLES = frozenset(
    {"PATH", "HOME", "LANG", "TZ", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH"}
    | {"PODIUM_CALL", "PODIUM_PROCESS_MARK"}
)
"""Environment variables that imports need, and the marks that identify an agent's processes."""
_KEPT_PREFIXES = ("LC_", "PYTHON")


class ShimStarter(Protocol):
    """Starts the shims of calls."""

    def start(self, folder: CallDirectory, agent: str, lock_fd: int) -> None:
        """Start a shim that inherits the descriptor of the call's lock.

        Raises:
            OSError: the system cannot start a process.
        """
        ...


Credentials = Callable[[], Mapping[str, str]]
"""Returns environment variables for a call, besides those of this process, which win."""


class DirectStarter:
    """Starts each shim as a new process.

    Args:
        credentials: returns the variables for each call.
    """

    def __init__(self, credentials: Credentials = dict) -> None:
        self._credentials = credentials

    def start(self, folder: CallDirectory, agent: str, lock_fd: int) -> None:
        """Start a shim; `-P` keeps the working directory off its module path."""
        command = [sys.executable, "-P", "-m", "podium", "shim", str(folder.path), str(lock_fd)]
        start_detached(
            command,
            folder.path,
            _log_of(folder),
            inherit_fds=(lock_fd,),
            more_variables=self._credentials(),
        )


class ForkServer:
    """Forks shims from a server process, which it starts when it is first needed.

    Whatever happens to the server, a call starts exactly once: if the server is gone, refuses or is
    killed before a shim has started, the shim is started directly. After several failures in a row,
    all shims are started directly. As a context manager, a fork server ends its process on exit.

    Args:
        credentials: returns the variables for each call; the server itself does not get them.
    """

    def __init__(self, credentials: Credentials = dict) -> None:
        self._credentials = credentials
        self._mutex = threading.Lock()
        self._server: socket.socket | None = None
        self._failures = 0
        self._direct = DirectStarter(credentials)

    def __enter__(self) -> Self:
        """Return the starter."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the server; the shims continue."""
        with self._mutex:
            self._drop_server()

    def start(self, folder: CallDirectory, agent: str, lock_fd: int) -> None:
        """Start a shim; see `ShimStarter.start`."""
        if not self._fork(folder, agent, lock_fd):
            self._direct.start(folder, agent, lock_fd)

    def _fork(self, folder: CallDirectory, agent: str, lock_fd: int) -> bool:
        """Return whether the server has forked a shim; if not, no process has the call."""
        if sys.platform != "linux" or self._failures >= _MAX_FAILURES or was_replaced():
            return False
        try:
            has_started = self._ask_server(folder, agent, lock_fd)
        except OSError:
            has_started = False
        self._failures = 0 if has_started else self._failures + 1
        return has_started

    def _ask_server(self, folder: CallDirectory, agent: str, lock_fd: int) -> bool:
        state = StartState.current(self._credentials())
        ours, theirs = socket.socketpair()
        with ours:
            with theirs, open_log(_log_of(folder)) as log:
                self._send(Message.of_this_program(agent), [theirs.fileno(), lock_fd, log.fileno()])
            return ForkedCall(str(folder.path), state).send(ours)

    def _send(self, message: Message, descriptors: list[int]) -> None:
        """Send a message, to a new server if the previous one has ended.

        Raises:
            OSError: no server can be started.
        """
        with self._mutex:
            try:
                message.send(self._server or self._start_server(), descriptors)
            except (BrokenPipeError, ConnectionResetError):
                self._drop_server()
                message.send(self._start_server(), descriptors)

    def _start_server(self) -> socket.socket:
        ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-P", "-m", "podium", "fork-server", str(theirs.fileno())]
            start_child(command, _minimal_environment(), inherit_fds=(theirs.fileno(),))
        self._server = ours
        return ours

    def _drop_server(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None


def _minimal_environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT_VARIABLES or name.startswith(_KEPT_PREFIXES)
    }


def _log_of(folder: CallDirectory) -> Path:
    return folder.path / "shim.log"
