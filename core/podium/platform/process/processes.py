"""Starts and inspects processes, identified by id and start time.

The system reuses process ids, so a process is always identified by its id and start time.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import psutil
from pydantic import Field

from podium.model.base import Frozen
from podium.platform.owned_files import open_file


class ProcessMark(Frozen):
    """Identifies one process permanently."""

    pid: int = Field(gt=0)
    started_at: float
    """Seconds since the epoch, as reported by the system."""


_started: list[subprocess.Popen[bytes]] = []
# Kept so that they can be reaped: until then an exited process stays in the process table.
_started_lock = threading.Lock()


def start_detached(
    command: Sequence[str],
    folder: Path,
    log: Path,
    *,
    inherit_fds: Sequence[int] = (),
    more_variables: Mapping[str, str] | None = None,
) -> None:
    """Start a process that outlives this one, in its own session.

    Args:
        command: the program and its arguments.
        folder: the working folder.
        log: the file to which its output is appended; private to the user.
        inherit_fds: open descriptors that it inherits, with the same numbers.
        more_variables: environment variables that it gets unless this process has set them.

    Raises:
        PathOutsideWorkspace: the log or its folder is a symlink.
        OSError: the log cannot be opened, or the process cannot be started.
    """
    reap()
    with open_log(log) as output:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env={**more_variables, **os.environ} if more_variables else None,
            pass_fds=tuple(inherit_fds),
            start_new_session=True,
        )
    with _started_lock:
        _started.append(process)


def start_child(
    command: Sequence[str], environment: Mapping[str, str], *, inherit_fds: Sequence[int] = ()
) -> None:
    """Start a process in its own session that shares this one's output.

    Args:
        command: the program and its arguments.
        environment: its whole environment.
        inherit_fds: open descriptors that it inherits, with the same numbers.
    """
    reap()
    process = subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        cwd="/",
        env=environment,
        pass_fds=tuple(inherit_fds),
        start_new_session=True,
    )
    with _started_lock:
        _started.append(process)


def open_log(path: Path) -> BinaryIO:
    """Open a log file for appending; it is private to the user.

    Raises:
        PathOutsideWorkspace: the log or its folder is a symlink.
    """
    fd = open_file(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    return cast("BinaryIO", os.fdopen(fd, "ab", buffering=0))


def reap() -> None:
    """Reap the exited processes that this process started."""
    with _started_lock:
        _started[:] = [each for each in _started if each.poll() is None]


def mark_of(pid: int) -> ProcessMark | None:
    """Return the mark of a living process, or None."""
    try:
        return ProcessMark(pid=pid, started_at=psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def is_alive(mark: ProcessMark) -> bool:
    """Return whether exactly this process is running; zombies count as ended."""
    return _process(mark) is not None


def send_signal(mark: ProcessMark, number: signal.Signals) -> None:
    """Send a signal to exactly this process; does nothing if it has ended."""
    process = _process(mark)
    if process is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def wait_ended(mark: ProcessMark, *, seconds: float) -> bool:
    """Wait until exactly this process has ended; False after a timeout of `seconds`."""
    deadline = time.monotonic() + seconds
    while is_alive(mark):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def watch_end(mark: ProcessMark) -> int | None:
    """Return a descriptor that becomes readable when exactly this process ends.

    None if it has ended already, or if the system has no such descriptors. The caller closes it.
    """
    if sys.platform != "linux":
        return None
    try:
        watched = os.pidfd_open(mark.pid)
    except OSError:
        return None
    # Checked after opening, because the id may by then belong to another process.
    if is_alive(mark):
        return watched
    os.close(watched)
    return None


def _process(mark: ProcessMark) -> psutil.Process | None:
    try:
        process = psutil.Process(mark.pid)
        same = abs(process.create_time() - mark.started_at) < 0.02
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None
