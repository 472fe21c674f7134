"""Turns the contents of a folder into a tree, through the worktree's index or a copy of it.

Moves no branch.
"""

import os
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from podium.platform.temporary_files import INDEX_PREFIX
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.programs import act
from podium.workspace.plumbing.settings import read_settings
from podium.workspace.values import PODIUM, SUBMODULE_MODE, Identity


@contextmanager
def borrowed_index(git: Git) -> Generator[Mapping[str, str]]:
    """Provide a temporary copy of the worktree's index, as environment variables that select it.

    The copy records which files are unchanged, so git does not read them again; the original index
    is neither locked nor written.
    """
    assert git.git_dir is not None
    with tempfile.TemporaryDirectory(prefix=f"{INDEX_PREFIX}{os.getpid()}-") as folder:
        copy = Path(folder) / "index"
        _copy_with_time(git.git_dir / "index", copy)
        yield {"GIT_INDEX_FILE": str(copy)}


@dataclass(frozen=True)
class Staged:
    """The staged contents of a folder.

    Args:
        tree: the id of its tree.
        left_out: folders that are nested repositories; git could store only a reference to them.
    """

    tree: str
    left_out: tuple[str, ...]


async def stage_everything(git: Git, variables: Mapping[str, str]) -> Staged:
    """Stage the folder's whole state, without ignored files.

    Submodules stay at their commit in the index.

    Args:
        git: git in the working tree.
        variables: the environment variables of a borrowed index; empty for the worktree's own
            index.
    """
    inside = await add_everything(git, variables)
    tree = await act(git, "write-tree", variables=variables)
    return Staged(tree.text, inside.nested)


@dataclass(frozen=True)
class Inside:
    """The repositories inside a working tree.

    Args:
        nested: the repositories that are not submodules.
        submodules: the checked-out submodules.
    """

    nested: tuple[str, ...]
    submodules: tuple[str, ...]


async def add_everything(git: Git, variables: Mapping[str, str]) -> Inside:
    """Add the folder's whole state to the index, and return the repositories in it.

    Nested repositories are omitted, and submodules stay at their commit in the index.
    """
    inside = await _repositories_inside(git, variables)
    excluded = [f":(exclude,literal){name}" for name in (*inside.nested, *inside.submodules)]
    await act(git, "add", "--all", "--sparse", "--", ".", *excluded, variables=variables)
    return inside


async def stage_files(git: Git, files: list[str]) -> str:
    """Stage the files in the working tree's own index, ignored or not; return the whole tree."""
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
    """Return the author and committer of a commit: the user, or Podium if git has no identity.

    Args:
        git: git in the repository.
        author: the author of the change, if not the user.
    """
    settings = {each.key: each.value for each in await read_settings(git)}
    return author or _identity("author", settings), _identity("committer", settings)


async def _repositories_inside(git: Git, variables: Mapping[str, str]) -> Inside:
    """Find the repositories in the worktree.

    `git add` would run git inside a submodule, whose own configuration could then run programs that
    Podium's switches do not disable.
    """
    listed = await git.run(
        ("ls-files", "-z", "-t", "--stage", "--others", "--exclude-standard"), variables=variables
    )
    nested, submodules = list[str](), list[str]()
    for entry in listed.fields:
        tag, _, rest = entry.partition(" ")
        # Git lists an untracked repository as one name with a trailing slash.
        if tag == "?" and rest.endswith("/"):
            nested.append(rest.removesuffix("/"))
        elif tag != "?" and rest.startswith(SUBMODULE_MODE):
            submodules.append(rest.partition("\t")[2])
    present = (each for each in submodules if _is_repository(git.folder / each))
    return Inside(tuple(nested), tuple(present))


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
    """Copy an index with its modification time.

    Git rereads a file that changed in the same clock tick in which the index was written: a copy
    with a newer time would hide such a change.
    """
    try:
        with index.open("rb") as source:
            times = os.fstat(source.fileno())
            copy.write_bytes(source.read())
    except FileNotFoundError:
        return
    os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))
