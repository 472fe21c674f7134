"""Counts the syncs of one process. Loaded by `sitecustomize`: imports only what Python has."""

import inspect
import os
from collections.abc import Callable
from types import FrameType, ModuleType

LOG = "COSTS_SYNC_LOG"
"""The variable that names the file with a line for each sync."""

SYNCS = ("fsync", "fdatasync")
_HELPERS = ("filesystem.py", "sync_count.py")
_DEPTH = 5


def count_syncs() -> None:
    """Record every sync of this process from now on, by caller."""
    if LOG in os.environ:
        for name in SYNCS:
            setattr(os, name, counted(os, name))


def counted(module: ModuleType, name: str) -> Callable[[int], object]:
    """Return a function of a module that also records its call."""
    sync: Callable[[int], object] = getattr(module, name)

    def record_and_sync(fd: int) -> object:
        with open(os.environ[LOG], "a") as log:
            log.write(f"{name} {_callers()}\n")
        return sync(fd)

    return record_and_sync


def _callers() -> str:
    """Return the nearest callers in the product, innermost first."""
    here = inspect.currentframe()
    frame: FrameType | None = here and here.f_back
    names: list[str] = []
    while frame is not None and len(names) < _DEPTH:
        file = frame.f_code.co_filename
        if "podium" in file and not file.endswith(_HELPERS):
            names.append(f"{os.path.basename(file)[:-3]}.{frame.f_code.co_name}")
        frame = frame.f_back
    return " < ".join(names)
