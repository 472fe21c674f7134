"""Reads the table of all processes; on Linux, reads only the one file per process that it needs."""

import os
from dataclasses import dataclass
from functools import cache

import psutil

_PROC = "/proc"
_ZOMBIE = "Z"


@dataclass(frozen=True, slots=True)
class Row:
    """One process.

    Args:
        pid: the process id.
        parent: the id of its parent.
        group: its process group.
        session: its session.
        started_at: seconds since the epoch; together with the id it identifies the process.
        has_ended: whether it is a zombie.
    """

    pid: int
    parent: int
    group: int
    session: int
    started_at: float
    has_ended: bool


class ProcessTable:
    """The processes on this machine; each call reads them again.

    Two rows of one process are equal as long as it keeps its parent, group and session, because
    start times are unaffected when the clock is set.
    """

    def __init__(self) -> None:
        self._boot = psutil.boot_time()
        self._older: frozenset[int] = frozenset()
        self._has_proc = os.path.exists(f"{_PROC}/self/stat")

    def rows(self, since: float) -> dict[int, Row]:
        """Return the processes that started since a time, by id.

        Processes that end in the meantime may be missing. A process that was found to be older is
        not read in the next call: the system uses all other ids before it reuses one.
        """
        pids = _listed() if self._has_proc else psutil.pids()
        pids = [pid for pid in pids if pid not in self._older]
        rows = {pid: row for pid in pids if (row := self.row(pid, since)) is not None}
        self._older = frozenset(pids).difference(rows)
        return rows

    def row(self, pid: int, since: float = 0) -> Row | None:
        """Return a process, or None if it has ended or started before a time."""
        try:
            if self._has_proc:
                return _parse(pid, _read(f"{_PROC}/{pid}/stat"), self._boot, since)
            row = _by_psutil(psutil.Process(pid))
            return row if row.started_at >= since else None
        except (OSError, ValueError, IndexError, psutil.Error):
            return None

    def ancestors(self, pid: int) -> list[int]:
        """Return the ids of a process's ancestors, the parent first."""
        found: list[int] = []
        row = self.row(pid)
        while row is not None and row.parent > 0 and row.parent not in found:
            found.append(row.parent)
            row = self.row(row.parent)
        return found


def _listed() -> list[int]:
    return [int(name) for name in os.listdir(_PROC) if name.isdigit()]


def _read(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, 4096)
    finally:
        os.close(fd)


def _parse(pid: int, stat: bytes, boot: float, since: float) -> Row | None:
    # The program's name in brackets may contain anything, including brackets.
    fields = stat[stat.rindex(b")") + 2 :].split(maxsplit=20)
    started_at = int(fields[19]) / _ticks_per_second() + boot
    if started_at < since:
        return None
    return Row(
        pid=pid,
        parent=int(fields[1]),
        group=int(fields[2]),
        session=int(fields[3]),
        started_at=started_at,
        has_ended=fields[0] == _ZOMBIE.encode(),
    )


@cache
def _ticks_per_second() -> int:
    return os.sysconf("SC_CLK_TCK")


def _by_psutil(process: psutil.Process) -> Row:
    return Row(
        pid=process.pid,
        parent=process.ppid(),
        group=os.getpgid(process.pid),
        session=os.getsid(process.pid),
        started_at=process.create_time(),
        has_ended=process.status() == psutil.STATUS_ZOMBIE,
    )
