"""Detects exhausted resources: disk space, memory, file descriptors, processes; read-only disks.

Such a failure is neither the user's nor the agent's mistake, and the same request succeeds once
the machine has recovered.
"""

import contextlib
import errno
import mmap
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from podium.errors import MachineRefuses, PodiumError, ToolError

_DISK_FULL = "the disk is full"
_READ_ONLY = "the disk is read-only"
_NO_MEMORY = "there is not enough memory"
_NO_FILES = "too many files are open"
_NO_PROCESSES = "no more processes can be started"

_BY_ERRNO = {
    errno.ENOSPC: _DISK_FULL,
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: _READ_ONLY,
    errno.ENOMEM: _NO_MEMORY,
    errno.EMFILE: _NO_FILES,
    errno.ENFILE: _NO_FILES,
    errno.EAGAIN: _NO_PROCESSES,
}
_OF_DISKS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
_BY_WORDS = {
    **{os.strerror(number).lower(): text for number, text in _BY_ERRNO.items()},
    "out of diskspace": _DISK_FULL,
    "out of memory": _NO_MEMORY,
}
"""The error texts of other programs such as git, with Podium's text for each."""

_NO_THREAD = "can't start new thread"
"""Python's message for this error, which has no class of its own."""

POSSIBLE_REFUSALS: tuple[type[Exception], ...] = (
    PodiumError,
    OSError,
    MemoryError,
    RuntimeError,
    ExceptionGroup,
)
"""The classes of the errors in which `refusal_in` can find a refusal."""

_SPARE_FILES = 8
_SPARE_BYTES = 32 * 1024 * 1024
"""Enough for the stacks of a few threads."""

_PROBE_BYTES = 64 * 1024
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Refusal:
    """A resource that the machine has run out of.

    Args:
        text: a clause without a capital letter or a full stop.
        place: the full or read-only folder; empty if unknown or if the problem is not a disk.
    """

    text: str
    place: str = ""

    @property
    def sentence(self) -> str:
        """Return a description of the problem, with the folder and its free space."""
        if not self.place:
            return self.text
        return f"{self.text}: {free_megabytes(Path(self.place))} MB left in {self.place}"


def refusal_in(error: BaseException) -> Refusal | None:
    """Return the exhausted resource that caused an error, or None if there is another cause."""
    for each in _causes(error):
        if isinstance(each, OSError) and each.errno in _BY_ERRNO:
            is_disk = each.errno in _OF_DISKS
            place = each.filename if is_disk and isinstance(each.filename, str) else ""
            return Refusal(_BY_ERRNO[each.errno], place)
        if isinstance(each, MachineRefuses):
            return Refusal(each.what)
        if isinstance(each, MemoryError):
            return Refusal(_NO_MEMORY)
        if isinstance(each, RuntimeError) and str(each) == _NO_THREAD:
            return Refusal(_NO_PROCESSES)
    words = " ".join(str(each) for each in _causes(error) if isinstance(each, ToolError)).lower()
    return next((Refusal(text) for phrase, text in _BY_WORDS.items() if phrase in words), None)


def raise_refusal(error: OSError) -> None:
    """Raise an error again if the machine is out of a resource.

    For code that treats every other error as a missing file: a file that cannot be read because of
    an exhausted resource is not missing.
    """
    if refusal_in(error) is not None:
        raise error


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, the members of exception groups, and their causes, each once.

    The error that is raised from a group may be a member of that group.
    """
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        each = pending.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, BaseExceptionGroup):
            pending.extend(cast("BaseExceptionGroup[BaseException]", each).exceptions)
        pending.append(each.__cause__ or each.__context__)


def refusal_at(folders: Iterable[Path]) -> Refusal | None:
    """Try to write a small file in each folder and to start a thread; return the first problem.

    A folder that does not exist yet is tried at its nearest existing parent.
    """
    for folder in folders:
        existing = next(each for each in (folder, *folder.parents) if each.is_dir())
        try:
            _write_probe(existing)
        except OSError as error:
            if error.errno in _BY_ERRNO:
                is_disk = error.errno in _OF_DISKS
                return Refusal(_BY_ERRNO[error.errno], str(existing) if is_disk else "")
    # A thread counts as a process, and needs memory.
    thread = threading.Thread(target=_do_nothing)
    try:
        thread.start()
    except RuntimeError as error:
        return refusal_in(error)
    thread.join()
    return None


def _do_nothing() -> None:
    pass


class Reserve:
    """Descriptors and memory held in reserve for when the machine has run out."""

    def __init__(self) -> None:
        self._descriptors: list[int] = []
        self._memory: mmap.mmap | None = None

    def take(self) -> None:
        """Take what is missing; reserved memory costs nothing until it is used.

        Raises:
            OSError: the machine does not have enough.
        """
        while len(self._descriptors) < _SPARE_FILES:
            self._descriptors.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
        if self._memory is None:
            self._memory = mmap.mmap(-1, _SPARE_BYTES)

    def give_up(self) -> None:
        """Release the reserve for this process to use."""
        while self._descriptors:
            os.close(self._descriptors.pop())
        if self._memory is not None:
            self._memory.close()
            self._memory = None


def _write_probe(folder: Path) -> None:
    path = folder / f".podium.tmp~{os.getpid()}-{os.urandom(4).hex()}"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, bytes(_PROBE_BYTES))
        os.fsync(fd)
    finally:
        os.close(fd)
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def lack_of_room(folders: Iterable[Path]) -> Refusal | None:
    """Return a disk that the system reports as full or read-only, if any, without writing to it."""
    for folder in folders:
        existing = next(each for each in (folder, *folder.parents) if each.is_dir())
        found = os.statvfs(existing)
        if found.f_flag & os.ST_RDONLY:
            return Refusal(_READ_ONLY, str(existing))
        if found.f_bavail * found.f_frsize < _PROBE_BYTES or (found.f_files and not found.f_favail):
            return Refusal(_DISK_FULL, str(existing))
    return None


def free_megabytes(folder: Path) -> int:
    """Return the free space on the disk of a folder, in megabytes."""
    existing = next(each for each in (folder, *folder.parents) if each.is_dir())
    found = os.statvfs(existing)
    return found.f_bavail * found.f_frsize // _MEGABYTE
