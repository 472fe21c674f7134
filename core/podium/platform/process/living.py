"""Finds the living processes that use files or work in folders. Quick to import."""

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

ONLY_READS = "PODIUM_ONLY_READS"
"""An environment variable of programs that Podium keeps running, and that change no file."""


@dataclass(frozen=True)
class LivingProcess:
    """A living process of the same user.

    Args:
        pid: the process id.
        name: the name of its program.
        started_at: seconds since the epoch, as reported by the system.
        places: folders and files that it uses: its working folder, the values of git's environment
            variables, and its command-line arguments.
        files: the files that it has open.
        only_reads: whether it is a program of Podium's that changes no file.
    """

    pid: int
    name: str
    started_at: float
    places: frozenset[str]
    files: frozenset[str]
    only_reads: bool = False

    def is_in(self, folders: Iterable[Path]) -> bool:
        """Return whether it is using one of the folders, or its places are unknown."""
        roots = [str(folder) for folder in folders]
        return not self.places or any(
            place == root or place.startswith(f"{root}/") for place in self.places for root in roots
        )


def living_processes(*, without: Collection[int] = ()) -> list[LivingProcess]:
    """Return the living processes of this user.

    Args:
        without: process ids to omit.
    """
    # Imported here because few commands need it.
    import psutil

    found: list[LivingProcess] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.pid in without or process.uids().effective != os.geteuid():
                continue
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(_described(process))
    return found


def _described(process: "psutil.Process") -> LivingProcess:
    import psutil

    places: set[str] = set()
    files: frozenset[str] = frozenset()
    only_reads = False
    # Some processes of the same user cannot be inspected, so nothing is known about them.
    with contextlib.suppress(psutil.AccessDenied, OSError):
        places |= {process.cwd(), *_paths(process.cmdline())}
        variables = process.environ()
        names = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
        places |= {variables[name] for name in names if name in variables}
        only_reads = ONLY_READS in variables
        files = frozenset(each.path for each in process.open_files())
    name, began = process.name(), process.create_time()
    return LivingProcess(process.pid, name, began, frozenset(places - {""}), files, only_reads)


def _paths(arguments: Iterable[str]) -> Iterator[str]:
    for each in arguments:
        _, _, value = each.rpartition("=")
        if value.startswith("/"):
            yield value
