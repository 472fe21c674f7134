"""Replaces files atomically: readers see either the old or the new content. Quick to import.

The store has its own implementation on the `FileSystem` port, so that tests can inject faults.
"""

import os
from pathlib import Path

from podium.platform.owned_files import make_folders, opened_parent, owner_of

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_ANY_MODE = 0o666


def replace_file(
    path: Path,
    content: bytes,
    *,
    mode: int | None = None,
    durable: bool = False,
    root: Path | None = None,
) -> None:
    """Replace a file's content, or create the file and its folders.

    Args:
        path: the file; a symlink is replaced, not followed.
        content: the new content.
        mode: the permissions; None keeps the current ones, or uses the umask for a new file.
        durable: make the content and the name survive a power loss.
        root: the folder under which no symlink is followed, as for `owned_files.opened_parent`.

    Raises:
        PathOutsideWorkspace: a folder under the root or under `.podium` is a symlink.
        OSError: the file cannot be written and is unchanged.
    """
    _make_parent(path, root)
    kept = _mode_of(path) if mode is None else mode
    with opened_parent(path, root=root) as (folder, name):
        temporary = _write_new(folder, content, kept, durable=durable)
        try:
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            os.unlink(temporary, dir_fd=folder)
            raise
        if durable:
            os.fsync(folder)


def create_file(path: Path, content: bytes, *, mode: int, root: Path | None = None) -> bool:
    """Create a durable file; return False if the file exists, without changing it.

    If several processes try at once, the first one wins.

    Raises:
        PathOutsideWorkspace: a folder under the root or under `.podium` is a symlink.
        OSError: the file cannot be written.
    """
    with opened_parent(path, root=root) as (folder, name):
        temporary = _write_new(folder, content, mode, durable=True)
        try:
            os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except FileExistsError:
            return False
        finally:
            os.unlink(temporary, dir_fd=folder)
    return True


def _make_parent(path: Path, root: Path | None) -> None:
    """Create the folders of a file: private to the user under a root, with the umask elsewhere."""
    parent = path.absolute().parent
    if root is None and owner_of(str(parent)) is None:
        parent.mkdir(parents=True, exist_ok=True)
    else:
        make_folders(parent, root=root)


def _write_new(folder: int, content: bytes, mode: int | None, *, durable: bool) -> str:
    """Write a new file with an unpredictable name into an open folder; return its name."""
    temporary = f".podium.tmp~{os.urandom(8).hex()}"
    fd = os.open(temporary, _NEW, _ANY_MODE if mode is None else 0o600, dir_fd=folder)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            if mode is not None:
                os.fchmod(fd, mode)
            if durable:
                file.flush()
                os.fsync(fd)
    except OSError:
        os.unlink(temporary, dir_fd=folder)
        raise
    return temporary


def _mode_of(path: Path) -> int | None:
    try:
        return path.stat().st_mode & 0o7777
    except FileNotFoundError:
        return None
