"""Fills the submodules of a worktree from the user's checkout, without network access.

Only their files are written: git ignores a submodule without a repository, so a submodule's own
configuration has no effect in the worktree.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from podium.errors import GitError
from podium.platform.temporary_files import INDEX_PREFIX
from podium.workspace.plumbing import inspection
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.programs import act, prepared
from podium.workspace.repository import Repository
from podium.workspace.values import SUBMODULE_MODE, Worktree

_MODULES = ".gitmodules"


@dataclass(frozen=True)
class Submodule:
    """A submodule of a commit.

    Args:
        path: relative to the top of the worktree.
        commit: its own commit.
    """

    path: str
    commit: str


@dataclass(frozen=True)
class Unfilled:
    """A submodule that stays empty, and the reason."""

    path: str
    why: str


async def submodules_of(repository: Repository, worktree: Worktree) -> tuple[Submodule, ...]:
    """Return the submodules of the commit in a worktree."""
    if not (worktree.folder / _MODULES).is_file():
        return ()
    return await _links(Git(repository.root, worktree.git_dir), "HEAD", "")


async def fill(
    repository: Repository, worktree: Worktree, found: tuple[Submodule, ...]
) -> tuple[Unfilled, ...]:
    """Write the files of submodules; return those that the checkout does not have."""
    left: list[Unfilled] = []
    waiting = list(found)
    while waiting:
        each = waiting.pop(0)
        git_dir = _git_dir(repository, repository.root / each.path)
        if git_dir is None:
            left.append(Unfilled(each.path, "the checkout has no repository for it"))
            continue
        git = await prepared(Git(worktree.folder / each.path, git_dir))
        try:
            inner = await _write(git, each)
        except GitError as error:
            left.append(Unfilled(each.path, str(error)))
            continue
        waiting += inner
    return tuple(left)


async def _write(git: Git, submodule: Submodule) -> tuple[Submodule, ...]:
    """Write the files of one submodule, and return the submodules in it."""
    os.makedirs(git.folder, exist_ok=True)
    if await inspection.find_commit(git, submodule.commit) is None:
        raise GitError(f"the checkout does not have commit {submodule.commit[:12]}")
    with tempfile.TemporaryDirectory(prefix=f"{INDEX_PREFIX}{os.getpid()}-") as folder:
        variables = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        await act(git, "read-tree", submodule.commit, variables=variables)
        await act(git, "checkout-index", "--all", "--force", "--quiet", variables=variables)
    if not (git.folder / _MODULES).is_file():
        return ()
    return await _links(git, submodule.commit, f"{submodule.path}/")


async def _links(git: Git, commit: str, prefix: str) -> tuple[Submodule, ...]:
    listed = await git.read("ls-tree", "-r", "-z", "--full-tree", commit)
    rows = [row.partition("\t") for row in listed.fields if row.startswith(SUBMODULE_MODE)]
    return tuple(Submodule(f"{prefix}{path}", head.split(" ")[2]) for head, _, path in rows)


def _git_dir(repository: Repository, checkout: Path) -> Path | None:
    """Return the Git directory of a submodule in the checkout, if it is inside the user's own."""
    link = checkout / ".git"
    try:
        text = "" if link.is_dir() else link.read_text("utf-8", "surrogateescape")
    except OSError:
        return None
    real = Path(
        os.path.realpath(checkout / text.strip().removeprefix("gitdir: ") if text else link)
    )
    homes = (repository.git_common_dir, repository.root)
    is_own = any(real.is_relative_to(os.path.realpath(home)) for home in homes)
    return real if is_own and (real / "HEAD").is_file() else None
