"""Real limits of the system on processes."""

import contextlib
import os
import resource
from collections.abc import Generator
from pathlib import Path

_GROUPS = (Path("/sys/fs/cgroup/pids"), Path("/sys/fs/cgroup"))


@contextlib.contextmanager
def _limited(pid: int, kind: int, value: int) -> Generator[None]:
    """Lower a limit of a process during a block."""
    before = resource.prlimit(pid, kind)
    resource.prlimit(pid, kind, (value, before[1]))
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):  # it ended at the limit
            resource.prlimit(pid, kind, before)


def no_files(pid: int) -> contextlib.AbstractContextManager[None]:
    """Let a process open no further file during a block."""
    return _limited(pid, resource.RLIMIT_NOFILE, 4)


def few_files(pid: int) -> contextlib.AbstractContextManager[None]:
    """Let a runner open files only in the place of those that it keeps for an emergency."""
    return _limited(pid, resource.RLIMIT_NOFILE, len(os.listdir(f"/proc/{pid}/fd")) - 4)


def no_memory(pid: int) -> contextlib.AbstractContextManager[None]:
    """Let a process have no further memory during a block."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    return _limited(pid, resource.RLIMIT_AS, pages * os.sysconf("SC_PAGE_SIZE"))


@contextlib.contextmanager
def no_processes(pid: int) -> Generator[None]:
    """Let a process start no further process or thread during a block."""
    if os.geteuid() != 0:
        with _limited(pid, resource.RLIMIT_NPROC, 1):
            yield
        return
    # Root is exempt from that limit, but not from the one of a control group.
    group = next(each for each in _GROUPS if each.is_dir()) / f"podium-{pid}"
    group.mkdir()
    try:
        (group / "cgroup.procs").write_text(f"{pid}\n")
        (group / "pids.max").write_text("0\n")
        yield
    finally:
        (group / "pids.max").write_text("max\n")
        (group.parent / "cgroup.procs").write_text(f"{pid}\n")
        with contextlib.suppress(OSError):  # a child of the process may still be in it
            group.rmdir()
