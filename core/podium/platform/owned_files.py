"""Podium's own files, opened without following symlinks.

A clone can contain symlinks, even under `.podium`, where Podium writes before a person has looked
at it. So each folder on the path from Podium's folder to a file is opened by its own name and
without following symlinks; the error names the symlink. The folder itself is trusted: the user's
cache or state folder may be a symlink to another disk.

Quick to import: the runner's lock needs it before the engine is loaded.
"""

import contextlib
import errno
import os
import shlex
import stat
import threading
from collections.abc import Generator
from pathlib import Path

from podium.errors import PathOutsideWorkspace
from podium.ports.filesystem import PRIVATE_FILE, PRIVATE_FOLDER

STORE_FOLDER = ".podium"

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_MAY_BE_A_LINK = frozenset({errno.ELOOP, errno.EMLINK, errno.ENOTDIR})


class _Kept(threading.local):
    """The folders that are open during `reusing_folders`, by path and root; None outside of it."""

    folders: dict[tuple[str, str | None], int] | None = None


_kept = _Kept()


def owner_of(path: str) -> str | None:
    """Return the outermost `.podium` folder on a path, or None."""
    before, found, _ = f"{path}/".partition(f"/{STORE_FOLDER}/")
    return f"{before}/{STORE_FOLDER}" if found else None


@contextlib.contextmanager
def opened_parent(
    path: str | Path, *, root: str | Path | None = None
) -> Generator[tuple[int, str], None, None]:
    """Open the folder that contains a path; yield its descriptor and the path's last part.

    Args:
        path: the path.
        root: the trusted folder above it; by default the `.podium` folder on the path. Without
            either, symlinks in the path are followed.

    Raises:
        PathOutsideWorkspace: a folder between the root and the path is a symlink.
        OSError: a folder is missing or cannot be opened.
    """
    full = _absolute(path)
    fd, is_kept = _parent_of(full, root)
    try:
        yield fd, full.rpartition("/")[2]
    finally:
        if not is_kept:
            os.close(fd)


@contextlib.contextmanager
def reusing_folders() -> Generator[None]:
    """Open each folder once during a short block that opens many files in this thread.

    A folder that is moved or replaced in the meantime is still the one that was opened.
    """
    if _kept.folders is not None:
        yield
        return
    _kept.folders = {}
    try:
        yield
    finally:
        folders, _kept.folders = _kept.folders, None
        for fd in folders.values():
            os.close(fd)


def open_file(
    path: str | Path, flags: int, mode: int = PRIVATE_FILE, *, root: str | Path | None = None
) -> int:
    """Open one of Podium's own files and return its descriptor, close-on-exec.

    Args:
        path: the file.
        flags: the flags of `os.open`.
        mode: the permissions of a new file.
        root: as for `opened_parent`.

    Raises:
        PathOutsideWorkspace: the file, or a folder between the root and the file, is a symlink.
        OSError: it cannot be opened.
    """
    full = _absolute(path)
    fd, is_kept = _parent_of(full, root)
    try:
        return _open_at(fd, full.rpartition("/")[2], flags, mode, full)
    finally:
        if not is_kept:
            os.close(fd)


def read_file(path: str | Path, *, root: str | Path | None = None) -> bytes:
    """Return the content of one of Podium's own files.

    Args:
        path: the file.
        root: as for `opened_parent`.

    Raises:
        PathOutsideWorkspace: the file, or a folder between the root and the file, is a symlink.
        OSError: it cannot be read.
    """
    with open(open_file(path, os.O_RDONLY, root=root), "rb") as file:
        return file.read()


def make_folders(folder: str | Path, *, root: str | Path | None = None) -> None:
    """Create a folder and its parents, private to the user, if they are missing.

    Args:
        folder: the folder.
        root: as for `opened_parent`.

    Raises:
        PathOutsideWorkspace: a folder under the root is a symlink.
        OSError: a folder cannot be created.
    """
    full = _absolute(folder)
    trusted = _root(full, root)
    if trusted is None:
        _make_plain(full)
        return
    _make_plain(trusted)
    os.close(_open_folders(trusted, full[len(trusted) + 1 :], create=True))


def remove_file(path: str | Path, *, root: str | Path | None = None) -> None:
    """Remove one of Podium's own files if it exists; a symlink is removed, not followed.

    Args:
        path: the file.
        root: as for `opened_parent`.
    """
    with contextlib.suppress(FileNotFoundError), opened_parent(path, root=root) as (fd, name):
        os.unlink(name, dir_fd=fd)


def no_link(path: str) -> PathOutsideWorkspace:
    """Return the error for a symlink where one of Podium's own files or folders belongs."""
    return PathOutsideWorkspace(
        f"{path} is a symlink",
        why="Podium keeps its own files there, and would write to the symlink's target",
        hints=[f"rm {shlex.quote(path)} removes the symlink, but not its target"],
    )


def _absolute(path: str | Path) -> str:
    text = os.fspath(path)
    return text if text.startswith("/") else os.path.abspath(text)


def _root(path: str, root: str | Path | None) -> str | None:
    if root is None:
        return owner_of(path)
    trusted = os.fspath(root)
    if path != trusted and not path.startswith(f"{trusted}/"):
        raise ValueError(f"{path!r} is not in {trusted!r}")
    return trusted


def _parent_of(path: str, root: str | Path | None) -> tuple[int, bool]:
    """Open the folder of a path; return its descriptor, and whether it is kept open."""
    folders = _kept.folders
    if folders is None:
        return _open_parent(path, root), False
    parent = path.rpartition("/")[0], None if root is None else os.fspath(root)
    if parent not in folders:
        folders[parent] = _open_parent(path, root)
    return folders[parent], True


def _open_parent(path: str, root: str | Path | None) -> int:
    above, trusted = path.rpartition("/")[0], _root(path, root)
    if trusted is None or path == trusted:
        return os.open(above or "/", _FOLDER)
    return _open_folders(trusted, above[len(trusted) + 1 :], create=False)


def _open_folders(root: str, below: str, *, create: bool) -> int:
    """Open the folder at the path `below` a root, one part at a time."""
    fd, where = _open_root(root), root
    for name in below.split("/") if below else ():
        where = f"{where}/{name}"
        try:
            inner = _enter(fd, name, where, create=create)
        finally:
            os.close(fd)
        fd = inner
    return fd


def _open_root(root: str) -> int:
    """Open a root. A project's own `.podium` came with the project, so it must not be a symlink."""
    if root.rpartition("/")[2] != STORE_FOLDER:
        return os.open(root, _FOLDER)
    return _open_at(None, root, _FOLDER, 0, root)


def _enter(fd: int, name: str, where: str, *, create: bool) -> int:
    if name == "..":
        raise ValueError(f"{where!r} is not a plain path")
    try:
        return _open_at(fd, name, _FOLDER, 0, where)
    except FileNotFoundError:
        if not create:
            raise
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, PRIVATE_FOLDER, dir_fd=fd)
    return _open_at(fd, name, _FOLDER, 0, where)


def _open_at(fd: int | None, name: str, flags: int, mode: int, where: str) -> int:
    """Open a name in an open folder; refuse a symlink with an error that names the path `where`."""
    try:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=fd)
    except OSError as error:
        if error.errno in _MAY_BE_A_LINK and stat.S_ISLNK(os.lstat(name, dir_fd=fd).st_mode):
            raise no_link(where) from error
        raise


def _make_plain(folder: str) -> None:
    """Create a folder and its parents; any of them may be the user's own symlink."""
    parent = os.path.dirname(folder)
    if parent != folder and not os.path.isdir(parent):
        _make_plain(parent)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, PRIVATE_FOLDER)
