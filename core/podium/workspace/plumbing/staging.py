"""From files to trees: what a folder holds becomes a tree, through one index or another.

Must not move any branch.
"""

import os
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.programs import act
from podium.workspace.values import PODIUM, SUBMODULE_MODE, Identity


@contextmanager
def borrowed_index(git: Git) -> Generator[Mapping[str, str]]:
    """Lend a copy of the work tree's index, as the variables that make git use it.

    The copy knows which files are unchanged, so that they are not read again; the index itself is
    neither locked nor written.
    """
    assert git.git_dir is not None
    with tempfile.TemporaryDirectory(prefix="podium-index-") as folder:
        copy = Path(folder) / "index"
        _copy_with_time(git.git_dir / "index", copy)
        yield {"GIT_INDEX_FILE": str(copy)}


@dataclass(frozen=True)
class Staged:
    """What a folder holds.

    Args:
        tree: the id of its tree.
        left_out: folders in it that are repositories of their own; git could keep only a link.
    """

    tree: str
    left_out: tuple[str, ...]


async def stage_everything(git: Git, variables: Mapping[str, str]) -> Staged:
    """Put the folder's whole state into an index, without ignored files.

    Submodules stay at the commit that the index has for them.

    Args:
        git: at the work tree.
        variables: those of a borrowed index, or none for the work tree's own.
    """
    nested = await _nested_repositories(git)
    submodules = await _submodules_with_files(git, variables)
    excluded = [f":(exclude,literal){name}" for name in (*nested, *submodules)]
    await act(git, "add", "--all", "--sparse", "--", ".", *excluded, variables=variables)
    tree = await act(git, "write-tree", variables=variables)
    return Staged(tree.text, nested)


async def stage_files(git: Git, files: list[str]) -> str:
    """Put the named files into the work tree's own index, ignored or not; return the whole tree."""
    await act(
        git,
        "--literal-pathspecs",
        "add",
        "--force",
        "--sparse",
        "--pathspec-from-file=-",
        "--pathspec-file-nul",
        stdin=b"\0".join(os.fsencode(file) for file in files),
    )
    return (await act(git, "write-tree")).text


async def identities(git: Git, author: Identity | None) -> tuple[Identity, Identity]:
    """Return the author and the committer of a commit: the user's, or Podium's when none is set.

    Args:
        git: at the repository.
        author: who made the change, when that is not the user.
    """
    configured = await git.read(
        "config", "-z", "--get-regexp", r"^(user|author|committer)\.(name|email)$", accept=(0, 1)
    )
    settings: dict[str, str] = {}
    for entry in configured.fields:
        key, _, value = entry.partition("\n")
        settings[key] = value
    return author or _identity("author", settings), _identity("committer", settings)


async def _nested_repositories(git: Git) -> tuple[str, ...]:
    """Return the folders in the work tree that are repositories of their own, not submodules."""
    # Git lists such a folder as one name with a slash at its end, and never what it holds.
    others = await git.read("ls-files", "--others", "--exclude-standard", "-z")
    return tuple(name.removesuffix("/") for name in others.fields if name.endswith("/"))


async def _submodules_with_files(git: Git, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the submodules that are checked out: `git add` would run git in them.

    Their own configuration would then choose programs, out of reach of our switches.
    """
    entries = await git.run(
        ("ls-files", "-z", "--format=%(objectmode) %(path)"), variables=variables
    )
    modes = (entry.partition(" ") for entry in entries.fields)
    links = (path for mode, _, path in modes if mode == SUBMODULE_MODE)
    return tuple(path for path in links if _is_repository(git.folder / path))


def _is_repository(folder: Path) -> bool:
    return os.path.lexists(folder / ".git")


def _identity(role: str, settings: Mapping[str, str]) -> Identity:
    name, email = (
        os.environ.get(f"GIT_{role.upper()}_{part.upper()}")
        or settings.get(f"{role}.{part}")
        or settings.get(f"user.{part}")
        for part in ("name", "email")
    )
    return Identity(name, email) if name and email else PODIUM


def _copy_with_time(index: Path, copy: Path) -> None:
    """Copy an index and its time of change.

    Git reads a file again when it changed in the same tick as the index was written: a copy with
    a younger time would hide such a change.
    """
    try:
        with index.open("rb") as source:
            times = os.fstat(source.fileno())
            copy.write_bytes(source.read())
    except FileNotFoundError:
        return
    os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))
