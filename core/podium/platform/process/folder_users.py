"""Quickly checks whether a live process is using a folder."""

import contextlib
import os
from pathlib import Path

from podium.platform.process.living import living_processes

_PROCESSES = "/proc"


def is_used(folder: Path) -> bool:
    """Return whether another process of this user runs in a folder or has a file in it open."""
    place = os.path.realpath(folder)
    if not os.path.isdir(f"{_PROCESSES}/self/fd"):
        others = living_processes(without=(os.getpid(),))
        return any(each.places and each.is_in([Path(place)]) for each in others)
    return any(
        _uses(f"{_PROCESSES}/{name}", place)
        for name in os.listdir(_PROCESSES)
        if name.isdecimal() and int(name) != os.getpid()
    )


def _uses(process: str, place: str) -> bool:
    # A process may end in the meantime, and those of other users cannot be inspected.
    with contextlib.suppress(OSError):
        if _is_inside(os.readlink(f"{process}/cwd"), place):
            return True
        for each in os.listdir(f"{process}/fd"):
            with contextlib.suppress(OSError):
                if _is_inside(os.readlink(f"{process}/fd/{each}"), place):
                    return True
    return False


def _is_inside(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")
