"""Decides which paths an agent may access.

A path from a model is joined to the working folder and resolved before it is checked, because a
symlink inside the folder may point outside.
"""

from pathlib import Path

from podium.errors import PathOutsideWorkspace
from podium.model.paths import path_problem


def readable_path(folder: Path, text: str) -> Path:
    """Return the real path of `text`, if it may be read.

    Args:
        folder: the working folder.
        text: absolute, or relative to the folder.

    Raises:
        PathOutsideWorkspace: it is outside the folder.
    """
    return _real_path(folder, text)[0]


def writable_path(folder: Path, text: str) -> Path:
    """Return the real path of `text`, if it may be written, created or deleted.

    Args:
        folder: the working folder.
        text: absolute, or relative to the folder.

    Raises:
        PathOutsideWorkspace: it is outside the folder, or belongs to git or Podium.
    """
    path, inside = _real_path(folder, text)
    problem = path_problem(inside)
    if problem:
        raise PathOutsideWorkspace(f"{text!r} may not be written", why=problem)
    return path


def _real_path(folder: Path, text: str) -> tuple[Path, str]:
    root = folder.resolve()
    try:
        path = (root / text).resolve()
        return path, path.relative_to(root).as_posix()
    except (ValueError, OSError, RuntimeError) as error:
        # Symlink loops and overlong names also end up here.
        raise PathOutsideWorkspace(
            f"{text!r} is outside the working folder",
            hints=["after symlinks are resolved, every file that an agent uses must be inside it"],
        ) from error
