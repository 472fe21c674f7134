"""Finds the current path of a missing file, from the working tree and the history.

Writes nothing.
"""

from collections import Counter
from pathlib import Path, PurePosixPath

import anyio.to_thread

from podium.workspace.plumbing import inspection
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.programs import act
from podium.workspace.values import ChangeKind

_MOST_RENAMES = 8
"""Maximum length of a chain of renames."""
_MOST_CANDIDATES = 200
_LARGEST = 1024 * 1024
_SAME = 0.5
"""Minimum share of common lines for a rename; git's own default is similar."""


async def renamed_to(git: Git, root: Path, path: str) -> str | None:
    """Return the current path of a file that is no longer at `path`, or None.

    Raises:
        GitError: a git command fails.
    """
    now, seen = path, {path}
    for _ in range(_MOST_RENAMES):
        following = await _in_index(git, now) or await _in_history(git, now)
        following = following or await _among_untracked(git, root, now)
        if following is None or following in seen:
            return None
        if (root / following).is_file():
            return following
        seen.add(following)
        now = following
    return None


async def _in_index(git: Git, path: str) -> str | None:
    """Return the new path of a committed file after a staged rename."""
    options = ("--cached", "-r", "-M", "--no-ext-diff", "--no-textconv", "--diff-filter=R")
    output = await act(git, "diff-index", *options, "--raw", "--no-abbrev", "-z", "HEAD")
    fields = iter(output.fields)
    changes = (inspection.read_change(field, fields) for field in fields)
    return next((each.path for each in changes if each.old_path == path), None)


async def _in_history(git: Git, path: str) -> str | None:
    """Return a file's new path, according to the last commit that removed it."""
    options = ("--max-count=1", "--diff-filter=D", "--no-renames", "--format=%H")
    found = await git.read("log", *options, "HEAD", "--", f":(top,literal){path}")
    commit = found.text.strip()
    if not commit:
        return None
    changes = await inspection.changed_files(git, f"{commit}^1", commit)
    renamed = (each for each in changes if each.kind is ChangeKind.RENAMED)
    return next((each.path for each in renamed if each.old_path == path), None)


async def _among_untracked(git: Git, root: Path, path: str) -> str | None:
    """Return the only untracked file that has the content of a missing file."""
    former = await inspection.file_at(git, "HEAD", path)
    if former is None:
        return None
    listed = await git.read("ls-files", "-z", "--others", "--exclude-standard")
    ending = PurePosixPath(path).suffix
    names = [name for name in listed.fields if PurePosixPath(name).suffix == ending]
    return await anyio.to_thread.run_sync(_most_alike, root, names[:_MOST_CANDIDATES], former)


def _most_alike(root: Path, names: list[str], former: bytes) -> str | None:
    wanted = Counter(former.split(b"\n"))
    alike = sorted(((_share(root / name, wanted), name) for name in names), reverse=True)
    is_clear = len(alike) == 1 or (len(alike) > 1 and alike[0][0] > alike[1][0])
    return alike[0][1] if alike and is_clear and alike[0][0] >= _SAME else None


def _share(file: Path, wanted: Counter[bytes]) -> float:
    try:
        if file.is_symlink() or file.stat().st_size > _LARGEST:
            return 0.0
        lines = Counter(file.read_bytes().split(b"\n"))
    except OSError:
        return 0.0
    return (lines & wanted).total() / max(lines.total(), wanted.total())
