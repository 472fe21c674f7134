"""Checks that a path stays in the workspace after symlinks are resolved.

`podium.model.paths` checks the text of a path; this module checks it against the disk.
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
        PathOutsideWorkspace: the path is absolute, contains `..`, is empty or belongs to git or
            Podium (see `podium.model.paths.path_problem`).
    """
    problem = path_problem(text)
    if problem:
        raise PathOutsideWorkspace(
            f"{text!r} is not a path in the project", why=problem, hints=[_HINT]
        )
    return "/".join(path_parts(text))


def resolve_inside(root: Path, text: str) -> Path:
    """Return the real path of `text` under `root`, with all symlinks resolved.

    The file itself need not exist.

    Raises:
        PathOutsideWorkspace: the text is not a valid path, or a symlink points out of `root`, into
            the Git directory or into `.podium`.
    """
    path = check_relative_path(text)
    real_root = Path(os.path.realpath(root))
    real = _follow(real_root / path)
    if real is None or not _is_inside(real_root, real):
        raise PathOutsideWorkspace(
            f"{text!r} is not a path in the project",
            why="a symlink in it points outside the project",
            hints=[_HINT],
        )
    return real


def escaping_links(worktree: Path, files: Iterable[str]) -> tuple[str, ...]:
    """Return the `files` that are symlinks out of `worktree`.

    Symlinks with an absolute target are included, because the commit is also checked out elsewhere.

    Args:
        worktree: the folder that contains the files.
        files: paths relative to it; missing files and files that are not symlinks are skipped.
    """
    real_root = Path(os.path.realpath(worktree))
    return tuple(file for file in files if _is_escaping_link(real_root, file))


def first_obstacle(root: Path, path: str) -> str | None:
    """Return the path of an existing file where `path` would be written, or None.

    This is `path` itself if it exists, or else the first of its parents that is not a folder.
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
    """Return the real path, or None if symlinks form a loop."""
    try:
        real = path.resolve()
    except (OSError, RuntimeError):
        return None
    return None if real.is_symlink() else real


def _is_inside(real_root: Path, real: Path) -> bool:
    if not real.is_relative_to(real_root) or real == real_root:
        return False
    return path_problem(real.relative_to(real_root).as_posix()) is None
