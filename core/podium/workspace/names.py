"""Names of Podium's own branches, refs and lock.

Podium writes only under `podium/` (branches) and `refs/podium/` (checkpoints), so a bug elsewhere
can never move one of the user's branches.
"""

import re

from podium.errors import GitError

BRANCH_PREFIX = "podium/"
REF_PREFIX = "refs/podium/"
RESCUED_PREFIX = "refs/podium/rescued/"
RESULTS_PREFIX = "refs/podium/results/"
CALLS_PREFIX = "refs/podium/calls/"
KEPT_PREFIX = "refs/podium/kept/"
LOCK_NAME = "podium.lock"
MAX_PART = 100

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def branch_name(group: str, name: str) -> str:
    """Return the branch `podium/<group>/<name>`.

    There are always two parts, because git does not allow both `podium/a` and `podium/a/b`.

    Raises:
        GitError: a part is not valid in a branch name.
    """
    return f"{BRANCH_PREFIX}{check_part(group)}/{check_part(name)}"


def check_part(part: str) -> str:
    """Return `part` if it is valid as a component of a branch, a ref or a path.

    Raises:
        GitError: it is not.
    """
    reserved = part.endswith((".", ".lock")) or ".." in part
    if len(part) > MAX_PART or reserved or not _PART.fullmatch(part):
        raise GitError(
            f"{part!r} cannot be part of a branch name",
            why=f"use letters, digits, '.', '_' and '-', at most {MAX_PART} characters",
        )
    return part


def check_branch(branch: str) -> str:
    """Return `branch` if it is one of Podium's.

    Raises:
        GitError: it is not `podium/<group>/<name>`.
    """
    return _check_below(branch, BRANCH_PREFIX, "branch", least=2)


def check_ref(ref: str) -> str:
    """Return `ref` if it is under `refs/podium/`.

    Raises:
        GitError: it is not.
    """
    return _check_below(ref, REF_PREFIX, "ref", least=1)


def _check_below(name: str, prefix: str, noun: str, *, least: int) -> str:
    parts = name.removeprefix(prefix).split("/")
    if not name.startswith(prefix) or len(parts) < least:
        raise GitError(
            f"{name!r} is not a Podium {noun}",
            why=f"Podium only changes names under {prefix}",
        )
    for part in parts:
        check_part(part)
    return name
