"""Replaces files atomically: readers see either the old or the new content. Quick to import.

The store has its own implementation on the `FileSystem` port, so that tests can inject faults.
"""

import os
from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_ANY_MODE = 0o666


def replace_file(
    path: Path, content: bytes, *, mode: int | None = None, durable: bool = False
) -> None:
    """Replace a file's content, or create the file and its folders.

    Args:
        path: the file; a symlink is replaced, not followed.
        content: the new content.
        mode: the permissions; None keeps the current ones, or uses the umask for a new file.
        durable: make the content and the name survive a power loss.

    Raises:
        OSError: the file cannot be written and is unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = _mode_of(path) if mode is None else mode
    temporary = _write_beside(path, content, kept, durable=durable)
    try:
        os.replace(temporary, path)
    except OSError:
        temporary.unlink()
        raise
    if durable:
        _sync_folder(path.parent)


def create_file(path: Path, content: bytes, *, mode: int) -> bool:
    """Create a durable file; return False if the file exists, without changing it.

    If several processes try at once, the first one wins.

    Raises:
        OSError: the file cannot be written.
    """
    temporary = _write_beside(path, content, mode, durable=True)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True


def _write_beside(path: Path, content: bytes, mode: int | None, *, durable: bool) -> Path:
    """Write a new file with an unpredictable name in the same folder."""
    temporary = path.with_name(f".podium.tmp~{os.urandom(8).hex()}")
    fd = os.open(temporary, _NEW, _ANY_MODE if mode is None else 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            if mode is not None:
                os.fchmod(fd, mode)
            if durable:
                file.flush()
                os.fsync(fd)
    except OSError:
        temporary.unlink()
        raise
    return temporary


def _mode_of(path: Path) -> int | None:
    try:
        return path.stat().st_mode & 0o7777
    except FileNotFoundError:
        return None


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
