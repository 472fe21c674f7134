"""Whether a path stays in the workspace, links included; must not know git or plans.

`podium.model.paths` judges the text; here the disk has its say.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from podium.errors import PathOutsideWorkspace
from podium.model.paths import path_parts, path_problem

_HINT = "name a file inside the project, relative to its folder, with / between folders"


def check_relative_path(text: str) -> str:
    """Return `text` as a normalised relative path: `/` between folders, no `.` parts.

    Raises:
        PathOutsideWorkspace: the path is absolute, climbs, is empty or reaches what is not the
            project's (see `podium.model.paths.path_problem`).
    """
    problem = path_problem(text)
    if problem:
        raise PathOutsideWorkspace(
            f"{text!r} is not a path in the project", why=problem, hints=[_HINT]
        )
    return "/".join(path_parts(text))


def resolve_inside(root: Path, text: str) -> Path:
    """Return the real path that `text` names below `root`, every link followed.

    The file itself need not exist.

    Raises:
        PathOutsideWorkspace: the text is not acceptable, or a link leads out of `root` or into
            git's or Podium's own folder.
    """
    path = check_relative_path(text)
    real_root = Path(os.path.realpath(root))
    real = _follow(real_root / path)
    if real is None or not _is_inside(real_root, real):
        raise PathOutsideWorkspace(
            f"{text!r} is not a path in the project",
            why="a symbolic link in it points outside the project",
            hints=[_HINT],
        )
    return real


def escaping_links(worktree: Path, files: Iterable[str]) -> tuple[str, ...]:
    """Return those of `files` that are symbolic links which do not stay in `worktree`.

    A link with an absolute target counts: the same commit is checked out at other places too.

    Args:
        worktree: the folder that the files lie in.
        files: paths relative to it; those that are no links, or do not exist, are passed over.
    """
    real_root = Path(os.path.realpath(worktree))
    return tuple(file for file in files if _is_escaping_link(real_root, file))


def first_obstacle(root: Path, path: str) -> str | None:
    """Return what stands on the disk where `path` would be written, or None.

    That is the path itself when something is there, else the first of its parent folders that is
    something else than a folder.
    """
    parts = Path(path).parts
    for depth in range(1, len(parts)):
        parent = root.joinpath(*parts[:depth])
        if parent.is_symlink() or (parent.exists() and not parent.is_dir()):
            return "/".join(parts[:depth])
    return path if os.path.lexists(root / path) else None


def _is_escaping_link(real_root: Path, file: str) -> bool:
    link = real_root / file
    if not link.is_symlink():
        return False
    target = os.readlink(link)
    real = None if os.path.isabs(target) else _follow(link)
    return real is None or (real != real_root and not _is_inside(real_root, real))


def _follow(path: Path) -> Path | None:
    """Return the real path, or None when links form a circle."""
    try:
        real = path.resolve()
    except (OSError, RuntimeError):
        return None
    return None if real.is_symlink() else real


def _is_inside(real_root: Path, real: Path) -> bool:
    if not real.is_relative_to(real_root) or real == real_root:
        return False
    return path_problem(real.relative_to(real_root).as_posix()) is None
