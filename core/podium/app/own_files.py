"""Podium's own files, for faces that write some themselves; symlinks are not followed."""

import os
from pathlib import Path

from podium.platform.atomic_write import replace_file
from podium.platform.owned_files import make_folders, open_file
from podium.platform.user_folders import state_folder
from podium.ports.filesystem import PRIVATE_FILE

__all__ = ["open_log", "read_own_file", "state_folder", "write_own_file"]


def write_own_file(path: Path, content: bytes) -> None:
    """Replace a file under a project's `.podium`; private to the user.

    Raises:
        PathOutsideWorkspace: one of its folders is a symlink.
        OSError: the file cannot be written.
    """
    replace_file(path, content, mode=PRIVATE_FILE)


def read_own_file(path: Path, most: int) -> bytes:
    """Return the first `most` bytes of a file under a project's `.podium`.

    Raises:
        PathOutsideWorkspace: the file or one of its folders is a symlink.
        OSError: the file cannot be read.
    """
    with open(open_file(path, os.O_RDONLY), "rb") as file:
        return file.read(most)


def open_log(path: Path) -> int:
    """Open a log in the user's state folder for appending, and return its descriptor.

    Raises:
        PathOutsideWorkspace: the log is a symlink.
        OSError: the log cannot be opened.
    """
    root = state_folder()
    make_folders(path.parent, root=root)
    return open_file(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, root=root)
