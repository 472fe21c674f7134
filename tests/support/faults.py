"""A file system that fails on purpose, at one operation, in one way.

A killed process is played in the same process: at the moment of death every descriptor is closed
(as the kernel does) and every later operation raises `Killed`, so no clean-up code can do anything.
Syncing is counted but not done: a kill loses nothing that was written.
"""

import contextlib
import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from podium.platform.filesystem import LocalFileSystem
from podium.ports.filesystem import PRIVATE_FILE

R = TypeVar("R")


class Killed(BaseException):
    """The process is dead; nothing may catch this but the test."""


class Fault(StrEnum):
    """What happens at the chosen operation."""

    KILL_BEFORE = "kill before"
    KILL_AFTER = "kill after"
    TORN = "kill after half of a write"
    IO_ERROR = "EIO"
    DISK_FULL = "ENOSPC"
    DISK_FULL_HALFWAY = "ENOSPC after half of a write"
    DISK_STAYS_FULL = "ENOSPC from then on"


CHANGING = frozenset(
    {"create", "write", "fsync", "fdatasync", "truncate", "rename", "unlink", "rmdir", "makedirs"}
)
_NEEDS_ROOM = frozenset({"create", "write", "fsync", "fdatasync", "rename", "makedirs"})
_APPLIES_TO = {
    Fault.KILL_BEFORE: CHANGING,
    Fault.KILL_AFTER: CHANGING,
    Fault.TORN: frozenset({"write"}),
    Fault.IO_ERROR: CHANGING | {"open", "pread", "read", "stat", "fstat", "walk", "lock", "close"},
    Fault.DISK_FULL: _NEEDS_ROOM,
    Fault.DISK_FULL_HALFWAY: frozenset({"write"}),
    Fault.DISK_STAYS_FULL: _NEEDS_ROOM,
}


@dataclass(frozen=True)
class Case:
    """One way to fail: the `at`-th operation (from 0) meets `fault`."""

    at: int
    fault: Fault


def cases_of(operations: list[str], faults: list[Fault]) -> list[Case]:
    """Return every way in which the operations of one recorded run may fail.

    Args:
        operations: the names, as recorded.
        faults: the ways.
    """
    return [
        Case(at, fault)
        for fault in faults
        for at, name in enumerate(operations)
        if name in _APPLIES_TO[fault]
    ]


class UnsyncedFileSystem(LocalFileSystem):
    """The real file system without its waits for the disk; a kill loses nothing by that."""

    def fsync(self, fd: int) -> None:
        pass

    def fdatasync(self, fd: int) -> None:
        pass

    def sync_all(self, fd: int) -> bool:
        return True


class FaultFileSystem(LocalFileSystem):
    """The real file system until the chosen operation; without a case it only records.

    Args:
        case: what to fail at.
    """

    def __init__(self, case: Case | None = None) -> None:
        self.operations: list[str] = []
        self._case = case
        self._dead = False
        self._full = False
        self._open: set[int] = set()

    # -- the operations

    def open(self, path: str, flags: int, mode: int = PRIVATE_FILE) -> int:
        def act() -> int:
            fd = super(FaultFileSystem, self).open(path, flags, mode)
            self._open.add(fd)
            return fd

        return self._do("create" if flags & os.O_CREAT else "open", act)

    def close(self, fd: int) -> None:
        self._check_alive()
        self._open.discard(fd)
        super().close(fd)
        self._do("close", lambda: None)

    def write(self, fd: int, data: bytes) -> None:
        def half() -> None:
            super(FaultFileSystem, self).write(fd, data[: len(data) // 2])

        self._do("write", lambda: super(FaultFileSystem, self).write(fd, data), half)

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        return self._do("pread", lambda: super(FaultFileSystem, self).pread(fd, size, offset))

    def fsync(self, fd: int) -> None:
        self._do("fsync", lambda: None)

    def fdatasync(self, fd: int) -> None:
        self._do("fdatasync", lambda: None)

    def sync_all(self, fd: int) -> bool:
        return self._do("fsync", lambda: True)

    def truncate(self, fd: int, size: int) -> None:
        self._do("truncate", lambda: super(FaultFileSystem, self).truncate(fd, size))

    def rename(self, old: str, new: str) -> None:
        self._do("rename", lambda: super(FaultFileSystem, self).rename(old, new))

    def unlink(self, path: str) -> None:
        self._do("unlink", lambda: super(FaultFileSystem, self).unlink(path))

    def rmdir(self, path: str) -> None:
        self._do("rmdir", lambda: super(FaultFileSystem, self).rmdir(path))

    def read(self, path: str) -> bytes | None:
        return self._do("read", lambda: super(FaultFileSystem, self).read(path))

    def stat(self, path: str) -> os.stat_result | None:
        return self._do("stat", lambda: super(FaultFileSystem, self).stat(path))

    def fstat(self, fd: int) -> os.stat_result:
        return self._do("fstat", lambda: super(FaultFileSystem, self).fstat(fd))

    def walk(self, folder: str) -> list[str]:
        return self._do("walk", lambda: super(FaultFileSystem, self).walk(folder))

    def listdir(self, folder: str) -> list[str]:
        self._check_alive()
        return super().listdir(folder)

    def makedirs(self, folder: str) -> None:
        if not self._dead and os.path.isdir(folder):
            return
        self._do("makedirs", lambda: LocalFileSystem().makedirs(folder))

    def lock(self, fd: int, *, shared: bool, block: bool) -> bool:
        return self._do(
            "lock", lambda: super(FaultFileSystem, self).lock(fd, shared=shared, block=block)
        )

    def unlock(self, fd: int) -> None:
        self._check_alive()
        super().unlock(fd)

    # -- failing

    def _do(
        self, name: str, act: Callable[[], R], act_halfway: Callable[[], None] | None = None
    ) -> R:
        self._check_alive()
        at = len(self.operations)
        self.operations.append(name)
        if self._full and name in _NEEDS_ROOM:
            raise OSError(errno.ENOSPC, "injected: no space left")
        if self._case is None or self._case.at != at:
            return act()
        return self._fail(self._case.fault, act, act_halfway)

    def _fail(
        self, fault: Fault, act: Callable[[], R], act_halfway: Callable[[], None] | None
    ) -> R:
        match fault:
            case Fault.KILL_BEFORE:
                raise self._die()
            case Fault.KILL_AFTER:
                act()
                raise self._die()
            case Fault.TORN:
                assert act_halfway, "the run took another way than the recorded one"
                act_halfway()
                raise self._die()
            case Fault.IO_ERROR:
                raise OSError(errno.EIO, "injected: input/output error")
            case Fault.DISK_FULL_HALFWAY:
                assert act_halfway, "the run took another way than the recorded one"
                act_halfway()
                raise OSError(errno.ENOSPC, "injected: no space left")
            case Fault.DISK_FULL | Fault.DISK_STAYS_FULL:
                self._full = fault is Fault.DISK_STAYS_FULL
                raise OSError(errno.ENOSPC, "injected: no space left")

    def _die(self) -> Killed:
        self._dead = True
        for fd in self._open:
            with contextlib.suppress(OSError):
                os.close(fd)
        return Killed()

    def _check_alive(self) -> None:
        if self._dead:
            raise Killed


class ReadOnlyFileSystem(LocalFileSystem):
    """A medium that may only be read, or that has no room left.

    Args:
        number: the error of every change; may be set to 0 while in use: then all is well again.
    """

    def __init__(self, number: int = errno.EROFS) -> None:
        self.number = number

    def open(self, path: str, flags: int, mode: int = PRIVATE_FILE) -> int:
        if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR) and self.number == errno.EROFS:
            self._refuse()
        if flags & os.O_CREAT and not os.path.exists(path):
            self._refuse()
        return super().open(path, flags, mode)

    def write(self, fd: int, data: bytes) -> None:
        self._refuse()
        super().write(fd, data)

    def rename(self, old: str, new: str) -> None:
        self._refuse()
        super().rename(old, new)

    def unlink(self, path: str) -> None:
        if self.number == errno.EROFS:
            self._refuse()
        super().unlink(path)

    def makedirs(self, folder: str) -> None:
        if not os.path.isdir(folder):
            self._refuse()
        super().makedirs(folder)

    def _refuse(self) -> None:
        if self.number:
            raise OSError(self.number, os.strerror(self.number))
