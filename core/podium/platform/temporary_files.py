"""Finds temporary files that dead processes left behind."""

import contextlib
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from podium.platform.process.living import living_processes

_NAME = re.compile(r".*\.tmp~(?:(?P<pid>\d+)(?:-[0-9a-f]+)?|[0-9a-f]{16})")
"""Names of Podium's temporary files, with the writer's process id or with random digits."""

INDEX_PREFIX = "podium-index-"
"""Prefix of folders with a copy of git's index; the id of their process follows."""

_INDEX_NAME = re.compile(rf"{INDEX_PREFIX}(?:(?P<pid>\d+)-)?\w+")
_LEAST_SECONDS = 60.0
_NAMELESS_SECONDS = 3600.0
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


def stale_index_folders(folder: Path) -> list[Path]:
    """Return folders with copies of git's index that dead processes left in `folder`.

    Args:
        folder: the folder for temporary files.
    """
    found: list[tuple[Path, int, float]] = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for each in entries:
            if (match := _INDEX_NAME.fullmatch(each.name)) is None:
                continue
            status = each.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
                found.append((Path(each.path), int(match["pid"] or 0), status.st_mtime))
    return [path for path, pid, at in found if _is_stale(path, pid, at)]


def _is_stale(path: Path, pid: int, modified_at: float) -> bool:
    """Return whether no process can be using a folder; older versions stored no process id."""
    if time.time() - modified_at < _LEAST_SECONDS:
        return False
    if pid:
        return not _is_running(pid)
    return all(str(path) not in each.places for each in living_processes()) and (
        time.time() - modified_at >= _NAMELESS_SECONDS
    )


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


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
