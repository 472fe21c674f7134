"""Ends a process and all its descendants, including detached ones.

A tree is more than a process group: shells create their own sessions, and orphans are reparented
to init. So four criteria identify a tree: descent, session, process group and an environment
variable that every child inherits.
"""

import contextlib
import os
import signal
import time
import uuid
from collections.abc import Iterable, Sequence

import psutil

from podium.platform.process.process_table import ProcessTable, Row
from podium.platform.process.processes import ProcessMark

MARK_VARIABLE = "PODIUM_PROCESS_MARK"
"""The environment variable with a random value that all processes of a tree share."""

_PAUSE_SECONDS = 0.02
_SAME_START_SECONDS = 1.0

_Identity = tuple[int, float]


def new_mark() -> str:
    """Return a unique value for `MARK_VARIABLE`."""
    return uuid.uuid4().hex


def end_tree(root: ProcessMark, *, mark: str = "", term_seconds: float = 2.0) -> None:
    """End a process and all its descendants, until none is left.

    Sends SIGTERM to the group first and kills the remaining processes after `term_seconds`. The
    root itself may have exited long ago. No process is reaped.

    Args:
        root: usually the leader of its own session; of any other process, only the process itself
            and its descendants are ended.
        mark: the value of `MARK_VARIABLE` that the root was started with.
        term_seconds: how long the tree may take to exit after SIGTERM.
    """
    tree = _Tree(root, mark)
    if tree.scan() and term_seconds > 0:
        asked = tree.terminate()
        deadline = time.monotonic() + term_seconds
        while any(map(tree.is_alive, asked)) and time.monotonic() < deadline:
            tree.scan()
            time.sleep(_PAUSE_SECONDS)
    while alive := tree.scan():
        tree.send(alive, signal.SIGKILL)
        time.sleep(_PAUSE_SECONDS)


def members(root: ProcessMark, *, mark: str = "") -> list[int]:
    """Return the ids of the living processes of a tree."""
    return [row.pid for row in _Tree(root, mark).scan()]


class _Tree:
    """The members found so far; a process never stops being a member."""

    def __init__(self, root: ProcessMark, mark: str) -> None:
        self._root = root
        self._mark = mark
        self._table = ProcessTable()
        self._known: dict[int, Row] = {}
        self._looked_at: set[_Identity] = set()
        self._spared = {os.getpid(), *self._table.ancestors(os.getpid())}

    def scan(self) -> list[Row]:
        """Find new members and return those that are alive."""
        # Members start after their root, so older processes are skipped.
        rows = self._table.rows(since=self._root.started_at - _SAME_START_SECONDS)
        owns_session = _is_root(self._table.row(self._root.pid), self._root)
        for row in rows.values():
            if row.pid not in self._spared and self._belongs(row, owns_session):
                self._known.setdefault(row.pid, row)
        self._add_descendants([*rows.values()])
        return [row for row in self._known.values() if _is_alive(row, rows.get(row.pid))]

    def terminate(self) -> list[Row]:
        """Send SIGTERM to the group and return its members; processes that left it get none."""
        now = [self._table.row(pid) for pid in self._known]
        group = [row for row in now if row is not None and row.group == self._root.pid]
        self.send(group, signal.SIGTERM)
        return group

    def send(self, rows: Iterable[Row], number: signal.Signals) -> None:
        """Send a signal to exactly these processes."""
        for row in rows:
            if self.is_alive(row):
                with contextlib.suppress(OSError):
                    os.kill(row.pid, number)

    def is_alive(self, row: Row) -> bool:
        """Return whether exactly this process is running now."""
        return _is_alive(row, self._table.row(row.pid))

    def _belongs(self, row: Row, owns_session: bool) -> bool:
        # Without a leader of its own, a root is in a session that others started.
        if owns_session and self._root.pid in (row.pid, row.session, row.group):
            return True
        identity = (row.pid, row.started_at)
        if not self._mark or identity in self._looked_at:
            return False
        self._looked_at.add(identity)
        return _has_mark(row.pid, self._mark)

    def _add_descendants(self, rows: Sequence[Row]) -> None:
        grown = True
        while grown:
            grown = False
            for row in rows:
                outside = row.pid not in self._known and row.pid not in self._spared
                if outside and row.parent in self._known:
                    self._known[row.pid] = row
                    grown = True


def _is_root(row: Row | None, root: ProcessMark) -> bool:
    """Return whether a session id still refers to the root's session.

    The system does not reuse the id of a session that has members, so the answer is yes unless a
    younger process has that id.
    """
    return row is None or abs(row.started_at - root.started_at) < _SAME_START_SECONDS


def _is_alive(known: Row, now: Row | None) -> bool:
    return now is not None and now.started_at == known.started_at and not now.has_ended


def _has_mark(pid: int, mark: str) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        return psutil.Process(pid).environ().get(MARK_VARIABLE) == mark
    return False
