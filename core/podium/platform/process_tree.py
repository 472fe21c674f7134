"""Ends a process and all its descendants, including those that detached.

A tree is more than a process group: shells create their own sessions, and orphans are reparented
to init. So four criteria identify a tree: descent, session, process group and an environment
variable that every child inherits.
"""

import contextlib
import os
import signal
import time
import uuid
from collections.abc import Iterable

import psutil

from podium.platform.processes import ProcessMark

MARK_VARIABLE = "PODIUM_PROCESS_MARK"
"""The variable with a random value; every process with that value belongs to the tree."""

_PAUSE_SECONDS = 0.02
_SAME_START_SECONDS = 1.0


def new_mark() -> str:
    """Return a unique value for `MARK_VARIABLE`."""
    return uuid.uuid4().hex


def end_tree(root: ProcessMark, *, mark: str = "", term_seconds: float = 2.0) -> None:
    """End a process and all its descendants, until none is left.

    Sends SIGTERM to the group first and kills the remaining processes after `term_seconds`. The
    root itself may have exited long ago. No process is reaped.

    Args:
        root: the leader of its own session.
        mark: the value of `MARK_VARIABLE` that the root was started with.
        term_seconds: how long the tree may take to exit after SIGTERM.
    """
    tree = _Tree(root, mark)
    if tree.scan() and term_seconds > 0:
        asked = tree.terminate()
        deadline = time.monotonic() + term_seconds
        while any(map(_is_alive, asked)) and time.monotonic() < deadline:
            tree.scan()
            time.sleep(_PAUSE_SECONDS)
    while alive := tree.scan():
        _send(alive, signal.SIGKILL)
        time.sleep(_PAUSE_SECONDS)


def members(root: ProcessMark, *, mark: str = "") -> list[int]:
    """Return the ids of the living processes of a tree."""
    return [process.pid for process in _Tree(root, mark).scan()]


class _Tree:
    """The members found so far; a process never stops being a member."""

    def __init__(self, root: ProcessMark, mark: str) -> None:
        self._root = root
        self._mark = mark
        self._known: dict[int, psutil.Process] = {}
        self._looked_at: set[psutil.Process] = set()
        self._spared = {os.getpid(), *(each.pid for each in psutil.Process().parents())}

    def scan(self) -> list[psutil.Process]:
        """Find new members and return those that are alive."""
        table = {process.pid: process for process in psutil.process_iter()}
        owns_session = _is_root(table.get(self._root.pid), self._root)
        for process in table.values():
            if process.pid not in self._spared and self._belongs(process, owns_session):
                self._known.setdefault(process.pid, process)
        self._add_descendants(table.values())
        return [process for process in self._known.values() if _is_alive(process)]

    def terminate(self) -> list[psutil.Process]:
        """Send SIGTERM to the group, without processes that left it, and return its members."""
        group = [each for each in self._known.values() if _group_of(each) == self._root.pid]
        _send(group, signal.SIGTERM)
        return group

    def _belongs(self, process: psutil.Process, owns_session: bool) -> bool:
        if owns_session and self._root.pid in (_session_of(process), _group_of(process)):
            return True
        if not self._mark or process in self._looked_at:
            return False
        self._looked_at.add(process)
        return _has_mark(process, self._mark)

    def _add_descendants(self, processes: Iterable[psutil.Process]) -> None:
        parents = {each.pid: _parent_of(each) for each in processes}
        grown = True
        while grown:
            grown = False
            for process in processes:
                outside = process.pid not in self._known and process.pid not in self._spared
                if outside and parents[process.pid] in self._known:
                    self._known[process.pid] = process
                    grown = True


def _is_root(process: psutil.Process | None, root: ProcessMark) -> bool:
    """Return whether a session id still refers to the root's session.

    The system does not reuse the id of a session that has members, so this holds unless a newer
    process has that id.
    """
    if process is None:
        return True
    try:
        return abs(process.create_time() - root.started_at) < _SAME_START_SECONDS
    except psutil.Error:
        return True


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _send(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)


def _parent_of(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return process.ppid()
    return 0


def _session_of(process: psutil.Process) -> int:
    with contextlib.suppress(OSError):
        return os.getsid(process.pid)
    return 0


def _group_of(process: psutil.Process) -> int:
    with contextlib.suppress(OSError):
        return os.getpgid(process.pid)
    return 0


def _has_mark(process: psutil.Process, mark: str) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        return process.environ().get(MARK_VARIABLE) == mark
    return False
