"""Forks this process to run a program of Podium's own that is already loaded.

Starting an interpreter takes several times as long as running a short program. The copy has its
own session, working folder, environment, descriptors and title, like any new process.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import anyio

from podium.platform.process.start_state import set_title

_STANDARD = (0, 1, 2)
_PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class Copy:
    """A copy of this process to start.

    Args:
        body: returns the exit code.
        title: the command line that the system shows.
        folder: its working folder.
        environment: its whole environment.
        output: an open descriptor for its output.
        errors: an open descriptor for its error output.
        inherit_fds: other descriptors that it and its child processes keep.
    """

    body: Callable[[], int]
    title: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    output: int
    errors: int
    inherit_fds: Sequence[int]


class ForkedProcess:
    """A copy of this process that was started by `fork_process`.

    Args:
        pid: its id; this process waits for it.
    """

    stdin = None
    stdout = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    async def wait(self) -> int:
        """Wait for its end and return its exit code; negative if a signal ended it."""
        while self.returncode is None:
            if not await self._wait_by_descriptor():
                await anyio.sleep(_PAUSE_SECONDS)
            self._reap()
        return self.returncode

    async def _wait_by_descriptor(self) -> bool:
        """Wait for its end; return False if the system has no process descriptors."""
        if sys.platform != "linux":
            return False
        try:
            watched = os.pidfd_open(self.pid)
        except OSError:
            return False
        try:
            await anyio.wait_readable(watched)
        finally:
            os.close(watched)
        return True

    def _reap(self) -> None:
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.returncode = os.waitstatus_to_exitcode(status)


def can_fork() -> bool:
    """Return whether this process can be forked: a copy would contain only the current thread."""
    if sys.platform != "linux":
        return False
    return len(os.listdir("/proc/self/task")) == 1


def fork_process(wanted: Copy) -> ForkedProcess:
    """Start a copy of this process.

    Raises:
        OSError: the system cannot start a process.
    """
    pid = os.fork()
    if pid == 0:
        _become(wanted)
    return ForkedProcess(pid)


def _become(wanted: Copy) -> NoReturn:
    """Do the work in the forked process; never returns into the code that forked it."""
    code = 1
    try:
        _cut_off(wanted)
        code = wanted.body()
    except BaseException:  # noqa: BLE001 - the process ends here, whatever happened
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _cut_off(wanted: Copy) -> None:
    """Detach the copy from everything that it inherited from its parent."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in zip((nothing, wanted.output, wanted.errors), _STANDARD, strict=True):
        os.dup2(source, target)
    _close_all_except(wanted.inherit_fds)
    for each in wanted.inherit_fds:
        os.set_inheritable(each, True)
    os.chdir(wanted.folder)
    os.environ.clear()
    os.environ.update(wanted.environment)
    set_title([*wanted.title])


def _close_all_except(kept: Sequence[int]) -> None:
    start = len(_STANDARD)
    for each in sorted(kept):
        os.closerange(start, each)
        start = each + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))
