"""Kills processes as a restart of the machine would, and waits until they have ended."""

import signal
from pathlib import Path

from podium.platform.process.processes import mark_of, send_signal, wait_ended
from podium.runs.runner_lock import runner_is_alive, runner_pid
from tests.support.waiting import wait_for


def kill(pid: int | None) -> None:
    """Kill a process that must be alive."""
    assert pid is not None
    mark = mark_of(pid)
    assert mark is not None
    send_signal(mark, signal.SIGKILL)
    assert wait_ended(mark, seconds=60)


def kill_runner(root: Path) -> None:
    """Kill the runner of a project."""
    kill(runner_pid(root))
    # Other threads of the process may hold the lock a moment longer.
    wait_for(lambda: not runner_is_alive(root))
