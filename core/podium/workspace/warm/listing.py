"""Lists a working tree exactly, and restores it to a listing.

A file counts as unchanged if its inode and all its times are the same. No program can set the time
of the last change of a file's state (`ctime`), so this does not depend on git's index, its ignore
rules or its settings, all of which a task may have changed.
"""

import os
import stat
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from podium.workspace.plumbing.delete_tree import delete_tree

Stamp = str
"""Mode, size, times of the last changes of the content and of the metadata, inode."""

_LINK_TO_GIT = ".git"
_TICK_NS = 100_000_000
"""Timestamp granularity: a change of a folder within this time may go unnoticed."""


@dataclass(frozen=True)
class Listing:
    """The contents of a working tree, by path relative to its top; without its `.git` file.

    Args:
        files: everything that is not a folder.
        folders: modes and modification times; the top is the empty path.
        at: when the listing was made, in nanoseconds since the epoch.
    """

    files: dict[str, Stamp] = field(default_factory=dict[str, Stamp])
    folders: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    at: int = 0


def scan(top: Path, left_out: frozenset[str] = frozenset()) -> Listing:
    """List a working tree.

    Args:
        top: its top.
        left_out: folders to omit, with everything in them.
    """
    found = Listing(at=time.time_ns())
    _scan(str(top), "", left_out, found)
    return found


def rescan(top: Path, before: Listing, left_out: frozenset[str] = frozenset()) -> Listing:
    """List a working tree again after git has changed it.

    Git never writes into an existing file: it removes and creates files, which changes the time of
    their folder. All other folders still have the same files.

    Args:
        top: its top.
        before: the previous listing.
        left_out: folders to omit.
    """
    found = Listing(at=time.time_ns())
    _rescan(str(top), "", left_out, found, _Before(before))
    return found


def purge(top: Path, wanted: Listing, kept: frozenset[str] = frozenset()) -> Listing:
    """Remove everything that differs from a listing, and return what is left.

    Missing files are not restored; git writes them.

    Args:
        top: the top of the working tree.
        wanted: the listing.
        kept: folders that are left unchanged.
    """
    left = Listing(at=time.time_ns())
    _purge(str(top), "", wanted, kept, left)
    return left


def stamp_of(found: os.stat_result) -> Stamp:
    """Return a value that changes whenever the file changes."""
    mode, inode = found.st_mode, found.st_ino
    return f"{mode} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {inode}"


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _entries(top: str, folder: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(_join(top, folder) if folder else top) as found:
        for each in list(found):
            if folder or each.name != _LINK_TO_GIT:
                yield _join(folder, each.name), each.stat(follow_symlinks=False)


def _note_folder(top: str, folder: str, listing: Listing) -> None:
    found = os.lstat(_join(top, folder) if folder else top)
    listing.folders[folder] = (found.st_mode, found.st_mtime_ns)


def _scan(top: str, folder: str, left_out: frozenset[str], found: Listing) -> None:
    _note_folder(top, folder, found)
    for path, status in _entries(top, folder):
        if not stat.S_ISDIR(status.st_mode):
            found.files[path] = stamp_of(status)
        elif path not in left_out:
            _scan(top, path, left_out, found)


class _Before:
    """The previous listing, by folder."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.files: dict[str, list[str]] = defaultdict(list)
        self.folders: dict[str, list[str]] = defaultdict(list)
        for path in listing.files:
            self.files[path.rpartition("/")[0]].append(path)
        for path in listing.folders:
            if path:
                self.folders[path.rpartition("/")[0]].append(path)

    def is_unchanged(self, folder: str, now: tuple[int, int]) -> bool:
        """Return whether a folder still has the same entries."""
        return self.listing.folders.get(folder) == now and now[1] < self.listing.at - _TICK_NS


def _rescan(top: str, folder: str, left_out: frozenset[str], found: Listing, old: _Before) -> None:
    _note_folder(top, folder, found)
    if old.is_unchanged(folder, found.folders[folder]):
        for path in old.files[folder]:
            found.files[path] = old.listing.files[path]
        for path in old.folders[folder]:
            _rescan(top, path, left_out, found, old)
    else:
        for path, status in _entries(top, folder):
            if not stat.S_ISDIR(status.st_mode):
                found.files[path] = stamp_of(status)
            elif path not in left_out:
                _rescan(top, path, left_out, found, old)


def _purge(top: str, folder: str, wanted: Listing, kept: frozenset[str], left: Listing) -> None:
    place = _join(top, folder) if folder else top
    mode = wanted.folders[folder][0] if folder in wanted.folders else None
    if mode is not None and os.lstat(place).st_mode != mode:
        os.chmod(place, stat.S_IMODE(mode))
    for path, status in _entries(top, folder):
        where = _join(top, path)
        if not stat.S_ISDIR(status.st_mode):
            if wanted.files.get(path) == (stamp := stamp_of(status)):
                left.files[path] = stamp
            else:
                os.unlink(where)
        elif path in wanted.folders or any(each.startswith(f"{path}/") for each in kept):
            if path not in kept:
                _purge(top, path, wanted, kept, left)
        elif path not in kept:
            delete_tree(Path(where))
    _note_folder(top, folder, left)
