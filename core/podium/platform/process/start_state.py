"""The state that a new process inherits from the process that starts it, as a value.

A process that is forked from a different process than its starter applies this state explicitly.
"""

import json
import os
import resource
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

_KINDS = sorted(
    {getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")},
)


@dataclass(frozen=True)
class StartState:
    """The state of a process that its child processes inherit.

    Args:
        environment: its environment variables.
        umask: the permission bits that are cleared for new files.
        priority: its nice value.
        limits: soft and hard resource limits, by number.
    """

    environment: Mapping[str, str]
    umask: int
    priority: int
    limits: Mapping[str, tuple[int, int]]

    @classmethod
    def current(cls, more_variables: Mapping[str, str] | None = None) -> "StartState":
        """Return the state of this process; works on Linux only.

        Args:
            more_variables: environment variables to add unless this process has set them.
        """
        return cls(
            environment={**(more_variables or {}), **os.environ},
            umask=_umask(),
            priority=os.getpriority(os.PRIO_PROCESS, 0),
            limits={str(kind): resource.getrlimit(kind) for kind in _KINDS},
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> "StartState":
        """Return the state from the output of `to_json`.

        Raises:
            ValueError: the text is incomplete.
        """
        fields: dict[str, Any] = json.loads(text)
        limits = {kind: (soft, hard) for kind, (soft, hard) in fields.pop("limits").items()}
        return cls(limits=limits, **fields)

    def to_json(self) -> str:
        """Return the state as one line of ASCII; preserves variables that cannot be decoded."""
        return json.dumps(asdict(self))

    def take_over(self) -> None:
        """Apply the state to this process.

        Raises:
            OSError, ValueError: the system does not permit it.
        """
        for name in os.environ.keys() - self.environment.keys():
            del os.environ[name]
        for name, value in self.environment.items():
            if os.environ.get(name) != value:
                os.environ[name] = value
        os.umask(self.umask)
        if steps := self.priority - os.getpriority(os.PRIO_PROCESS, 0):
            os.nice(steps)
        for kind, pair in self.limits.items():
            if resource.getrlimit(int(kind)) != pair:
                resource.setrlimit(int(kind), pair)


def _umask() -> int:
    """Return the umask without changing it, which would affect other threads."""
    for line in Path("/proc/self/status").read_text("ascii", "replace").splitlines():
        if line.startswith("Umask:"):
            return int(line.split()[1], 8)
    raise OSError("the system does not show the umask")


def preload_title() -> None:
    """Import what `set_title` needs."""
    import_module("ctypes")


def set_title(words: list[str]) -> None:
    """Make the system show these words as the command line, truncated to the available space.

    Args:
        words: the program and its arguments; the part that exceeds the original command line is cut
            off.
    """
    if sys.platform != "linux":
        return
    import ctypes  # only needed in forked processes

    # The program's name in brackets may contain anything, including brackets.
    fields = Path("/proc/self/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    start, end = int(fields[45]), int(fields[46])
    room = end - start
    title = b"\0".join(map(os.fsencode, words))[: room - 1]
    ctypes.memmove(start, title.ljust(room, b"\0"), room)
