"""Names of Podium's own branches, refs and lock; must not know which plans or tasks they stand for.

Everything that Podium writes lies under `podium/` (branches) and `refs/podium/` (checkpoints), so a
mistake here can never move a branch of the user's.
"""

import re

from podium.errors import GitError

BRANCH_PREFIX = "podium/"
REF_PREFIX = "refs/podium/"
RESCUED_PREFIX = "refs/podium/rescued/"
KEPT_PREFIX = "refs/podium/kept/"
LOCK_NAME = "podium.lock"
MAX_PART = 100

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def branch_name(group: str, name: str) -> str:
    """Return the branch `podium/<group>/<name>`.

    There are always two parts, because git cannot keep `podium/a` beside `podium/a/b`.

    Raises:
        GitError: a part cannot stand in the name of a branch.
    """
    return f"{BRANCH_PREFIX}{check_part(group)}/{check_part(name)}"


def check_part(part: str) -> str:
    """Return `part` when it can stand between the slashes of a branch, a ref or a folder.

    Raises:
        GitError: it cannot.
    """
    reserved = part.endswith((".", ".lock")) or ".." in part
    if len(part) > MAX_PART or reserved or not _PART.fullmatch(part):
        raise GitError(
            f"{part!r} cannot be part of a branch name",
            why=f"use letters, digits, '.', '_' and '-', at most {MAX_PART} characters",
        )
    return part


def check_branch(branch: str) -> str:
    """Return `branch` when it is one of Podium's own.

    Raises:
        GitError: it is not `podium/<group>/<name>`.
    """
    return _check_below(branch, BRANCH_PREFIX, "branch", least=2)


def check_ref(ref: str) -> str:
    """Return `ref` when it lies under `refs/podium/`.

    Raises:
        GitError: it does not.
    """
    return _check_below(ref, REF_PREFIX, "ref", least=1)


def _check_below(name: str, prefix: str, noun: str, *, least: int) -> str:
    parts = name.removeprefix(prefix).split("/")
    if not name.startswith(prefix) or len(parts) < least:
        raise GitError(
            f"{name!r} is not a Podium {noun}",
            why=f"Podium changes only names below {prefix}",
        )
    for part in parts:
        check_part(part)
    return name
