"""Reads the ancestors of this process."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

_PROC = Path("/proc")
_MOST = 64
"""Maximum depth; prevents an endless loop on inconsistent data."""


@dataclass(frozen=True)
class Process:
    """A process as seen from outside.

    Args:
        pid: its process id.
        names: possible names of its program: the executable, the first argument, the title.
        arguments: its command line.
        environment: names of its initial environment variables; empty if they are unreadable.
    """

    pid: int
    names: frozenset[str]
    arguments: tuple[str, ...]
    environment: frozenset[str]


def processes_above() -> tuple[Process, ...]:
    """Return the ancestors of this process, and the leaders of its session and process group.

    A leader is the process that started the others; it is found even if their parents have exited.
    Processes that have ended or that the system does not show are omitted.
    """
    if not (_PROC / "self" / "stat").exists():
        return tuple(_by_psutil())
    pids = dict.fromkeys([*_ancestors(), os.getsid(0), os.getpgid(0)])
    own = {0, os.getpid()}
    found = (_read(pid) for pid in pids if pid not in own)
    return tuple(each for each in found if each is not None)


def _ancestors() -> Iterator[int]:
    pid = os.getppid()
    for _ in range(_MOST):
        if pid <= 0:
            return
        yield pid
        pid = _parent(pid)


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        # The program's name is in brackets and may contain anything, including brackets.
        stat = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
        return int(stat.rpartition(")")[2].split()[1])
    return 0


def _read(pid: int) -> Process | None:
    folder = _PROC / str(pid)
    arguments = _strings(folder / "cmdline")
    title = _strings(folder / "comm")
    if not arguments and not title:
        return None
    names = {each.strip() for each in title} | {PurePath(each).name for each in arguments[:1]}
    with contextlib.suppress(OSError):
        names.add(PurePath(os.readlink(folder / "exe")).name.removesuffix(" (deleted)"))
    variables = {row.partition("=")[0] for row in _strings(folder / "environ") if _is_set(row)}
    return Process(pid, frozenset(names), arguments, frozenset(variables))


def _is_set(row: str) -> bool:
    return not row.endswith("=")


def _strings(path: Path) -> tuple[str, ...]:
    with contextlib.suppress(OSError):
        return tuple(each for each in os.fsdecode(path.read_bytes()).split("\0") if each)
    return ()


def _by_psutil() -> Iterator[Process]:
    # For systems without /proc; imported lazily because every command calls this function.
    import psutil

    pids = dict.fromkeys([each.pid for each in psutil.Process().parents()])
    for pid in [*pids, os.getsid(0), os.getpgid(0)]:
        with contextlib.suppress(psutil.Error, OSError):
            process = psutil.Process(pid)
            arguments = tuple(process.cmdline())
            variables: set[str] = set()
            with contextlib.suppress(psutil.Error, OSError):
                variables = {name for name, value in process.environ().items() if value}
            names = {process.name(), *(PurePath(each).name for each in arguments[:1])}
            yield Process(pid, frozenset(names), arguments, frozenset(variables))
