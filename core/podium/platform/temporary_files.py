"""Finds temporary files that dead processes left behind."""

import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from podium.platform.process.living import living_processes

_NAME = re.compile(r".*\.tmp~(?:(?P<pid>\d+)(?:-[0-9a-f]+)?|[0-9a-f]{16})")
"""Names of Podium's temporary files, with the writer's process id or with random digits."""

_LEAST_SECONDS = 60.0
_NEVER = frozenset({".git", "node_modules"})


def stale_temporary_files(folders: Iterable[Path]) -> list[Path]:
    """Return temporary files that no living process is writing; symlinks are not followed.

    A file is stale a minute after its last change, if the process in its name is dead or younger
    than the file, and no process has it open.

    Args:
        folders: the folders to search, including their subfolders.
    """
    found = [each for folder in folders for each in _temporary_files(folder)]
    if not found:
        return []
    living = living_processes()
    started = {each.pid: each.started_at for each in living}
    in_use = {path for each in living for path in each.files}
    return [
        path
        for path, pid, modified_at in found
        if str(path) not in in_use
        and time.time() - modified_at >= _LEAST_SECONDS
        and started.get(pid, modified_at) >= modified_at
    ]


def _temporary_files(folder: Path) -> Iterator[tuple[Path, int, float]]:
    """Yield this user's temporary files, each with its time and its writer's process id (or 0)."""
    for where, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if each not in _NEVER]
        for name in names:
            if (match := _NAME.fullmatch(name)) is None:
                continue
            path = Path(where) / name
            try:
                status = os.lstat(path)
            except FileNotFoundError:
                continue
            if status.st_uid == os.geteuid():
                yield path, int(match["pid"] or 0), status.st_mtime
