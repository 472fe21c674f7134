"""Replaces files atomically and makes files and folders durable."""

import contextlib
import hashlib
import os
from collections.abc import Generator

from podium.ports.filesystem import FileSystem, opened
from podium.store.disk.layout import TEMPORARY_MARK

_REPLACE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW


def text_hash(data: bytes) -> str:
    """Return the SHA-256 of `text`, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def sync_folder(fs: FileSystem, folder: str) -> None:
    """Make the entries of a folder durable with `fsync`."""
    with opened(fs, folder, os.O_RDONLY | os.O_DIRECTORY) as fd:
        fs.fsync(fd)


def write_durably(fs: FileSystem, path: str, data: bytes) -> None:
    """Replace a file atomically; its content and its name are durable afterwards."""
    with replacing(fs, path) as fd:
        fs.write(fd, data)
        fs.fsync(fd)
    sync_folder(fs, os.path.dirname(path))


@contextlib.contextmanager
def replacing(fs: FileSystem, path: str) -> Generator[int, None, None]:
    """Replace a file atomically with the data that the block writes to the descriptor; not durable.

    If the block raises, the file keeps its old content.
    """
    temporary = f"{path}{TEMPORARY_MARK}{os.getpid()}"
    try:
        with opened(fs, temporary, _REPLACE) as fd:
            yield fd
        fs.rename(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            fs.unlink(temporary)
        raise
