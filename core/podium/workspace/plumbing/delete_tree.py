"""Deletes a folder and everything in it."""

import os
import shutil
from pathlib import Path

from podium.ports.filesystem import PRIVATE_FOLDER


def delete_tree(folder: Path) -> None:
    """Delete a folder, including read-only subfolders such as Go's module cache.

    Symlinks are not followed. A folder that does not exist is not an error.
    """
    if not os.path.lexists(folder):
        return
    os.chmod(folder, PRIVATE_FOLDER)
    for where, names, _ in os.walk(folder):
        for name in names:
            inner = os.path.join(where, name)
            if not os.path.islink(inner):
                os.chmod(inner, PRIVATE_FOLDER)
    shutil.rmtree(folder)
