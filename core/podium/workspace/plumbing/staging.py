"""Turns the contents of a folder into a tree, through the work tree's index or a copy of it.

Moves no branch.
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
    """Provide a temporary copy of the work tree's index, as variables that make git use it.

    The copy knows which files are unchanged, so git does not read them again; the original index
    is neither locked nor written.
    """
    assert git.git_dir is not None
    with tempfile.TemporaryDirectory(prefix="podium-index-") as folder:
        copy = Path(folder) / "index"
        _copy_with_time(git.git_dir / "index", copy)
        yield {"GIT_INDEX_FILE": str(copy)}


@dataclass(frozen=True)
class Staged:
    """The staged contents of a folder.

    Args:
        tree: the id of its tree.
        left_out: folders that are nested repositories; git could store only a link.
    """

    tree: str
    left_out: tuple[str, ...]


async def stage_everything(git: Git, variables: Mapping[str, str]) -> Staged:
    """Stage the folder's whole state, without ignored files.

    Submodules stay at the commit that the index has for them.

    Args:
        git: git in the work tree.
        variables: those of a borrowed index; empty for the work tree's own index.
    """
    nested = await _nested_repositories(git)
    submodules = await _submodules_with_files(git, variables)
    excluded = [f":(exclude,literal){name}" for name in (*nested, *submodules)]
    await act(git, "add", "--all", "--sparse", "--", ".", *excluded, variables=variables)
    tree = await act(git, "write-tree", variables=variables)
    return Staged(tree.text, nested)


async def stage_files(git: Git, files: list[str]) -> str:
    """Stage the files in the work tree's own index, ignored or not; return the whole tree."""
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
    configured = await git.read(
        "config", "-z", "--get-regexp", r"^(user|author|committer)\.(name|email)$", accept=(0, 1)
    )
    settings: dict[str, str] = {}
    for entry in configured.fields:
        key, _, value = entry.partition("\n")
        settings[key] = value
    return author or _identity("author", settings), _identity("committer", settings)


async def _nested_repositories(git: Git) -> tuple[str, ...]:
    """Return the folders in the work tree that are nested repositories, not submodules."""
    # Git lists such a folder as one name with a trailing slash, without its contents.
    others = await git.read("ls-files", "--others", "--exclude-standard", "-z")
    return tuple(name.removesuffix("/") for name in others.fields if name.endswith("/"))


async def _submodules_with_files(git: Git, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the checked-out submodules: `git add` would run git inside them.

    Their own configuration could then run programs that our switches do not disable.
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
    """Copy an index with its modification time.

    Git rereads a file that changed in the same tick as the index was written: a copy with a newer
    time would hide such a change.
    """
    try:
        with index.open("rb") as source:
            times = os.fstat(source.fileno())
            copy.write_bytes(source.read())
    except FileNotFoundError:
        return
    os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))
