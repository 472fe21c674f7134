"""Decides which paths an agent may touch; must not know who asks.

A path that comes from a model is joined to the working folder, followed through every link and
only then judged, because a link inside may lead outside (SPEC X1).
"""

from pathlib import Path

from podium.errors import PathOutsideWorkspace
from podium.model.paths import path_problem


def readable_path(folder: Path, text: str) -> Path:
    """Return the real path that `text` names, which may be read.

    Args:
        folder: the working folder.
        text: absolute, or relative to the folder.

    Raises:
        PathOutsideWorkspace: it leads out of the folder.
    """
    return _real_path(folder, text)[0]


def writable_path(folder: Path, text: str) -> Path:
    """Return the real path that `text` names, which may be written, made or deleted.

    Args:
        folder: the working folder.
        text: absolute, or relative to the folder.

    Raises:
        PathOutsideWorkspace: it leads out of the folder, or into git's or Podium's own files.
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
        # A link that leads round in a circle and a name that is too long end here too.
        raise PathOutsideWorkspace(
            f"{text!r} is outside the working folder",
            hints=["every file that an agent names must be inside it, with links resolved"],
        ) from error
