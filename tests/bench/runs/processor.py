"""The processor time of a command and of everything that it starts, by a control group of its own.

Processes that detach are counted too, and so are those that nobody waits for.
"""

import os
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_JOIN = 'echo $$ > "$0" && exec "$@"'


class Processor:
    """Counts the processor time of the commands that are run in it.

    Args:
        group: the control group; None if none could be made, then nothing is counted.
    """

    def __init__(self, group: Path | None) -> None:
        self._group = group

    def run(self, command: Sequence[str]) -> str:
        """Run a command to its end; return its output."""
        words = list(command)
        if self._group is not None:
            words = ["sh", "-c", _JOIN, str(self._group / "cgroup.procs"), *words]
        return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout

    def seconds(self) -> float | None:
        """Return what was counted up to now; None without a control group."""
        if self._group is None:
            return None
        usage = self._group / "cpuacct.usage"
        if usage.exists():
            return int(usage.read_text()) / 1e9
        rows = (line.split() for line in (self._group / "cpu.stat").read_text().splitlines())
        return next(int(value) for name, value in rows if name == "usage_usec") / 1e6


@contextmanager
def counted_processor() -> Generator[Processor]:
    """Give a counter that starts at 0; without the right to make control groups it counts none."""
    for parent in (_ROOT / "cpuacct", _ROOT):
        group = parent / f"podium-bench-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            if (group / "cgroup.procs").exists():
                yield Processor(group)
                return
        finally:
            with suppress(OSError):  # a process that is about to end is still in it
                group.rmdir()
    yield Processor(None)
