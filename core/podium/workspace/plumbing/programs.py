"""Disables the programs that a repository's own configuration names.

`.gitattributes`, which anyone may commit, selects a filter or merge driver; the configuration,
which an agent in a worktree can write, defines it. Git would run it at the next `add` or `status`.
Programs in the user's own configuration (such as git-lfs) are trusted and stay enabled.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import anyio

from podium.errors import InternalError
from podium.workspace.plumbing.git import Git, Output
from podium.workspace.plumbing.settings import OWN_SCOPES, Setting, read_settings

# Git's built-in merge of a file that has no driver.
BUILT_IN_MERGE = "git merge-file -q --marker-size=%L %A %O %B"

_PROGRAMS = ("filter", "merge", "hook")
_NEUTRAL = {
    "clean": "",
    "smudge": "",
    "process": "",
    "required": "false",
    "driver": BUILT_IN_MERGE,
}


async def act(
    git: Git,
    *arguments: str,
    accept: Iterable[int] = (0,),
    stdin: bytes = b"",
    variables: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    inherit_fds: Sequence[int] = (),
) -> Output:
    """Run a command that reads or writes files or refs; cancellation waits for it to finish.

    The arguments are those of `Git.run`.

    Raises:
        GitError: git is missing, or exited with a code that is not in `accept`.
    """
    with anyio.CancelScope(shield=True):
        return await (await prepared(git)).run(
            arguments,
            accept=frozenset(accept),
            stdin=stdin,
            variables=variables,
            settings=settings,
            inherit_fds=inherit_fds,
        )
    raise InternalError("A git command was cancelled inside its shield")


async def prepared(git: Git) -> Git:
    """Return the git command with its switches set, for the commands of one operation."""
    if git.switches is not None:
        return git
    return dataclasses.replace(git, switches=switches(await read_settings(git)))


def switches(configured: Iterable[Setting]) -> dict[str, str]:
    """Return settings that leave only the user's own programs enabled, and no hooks."""
    found = [each for each in configured if each.key.partition(".")[0] in _PROGRAMS]
    users = {each.key: each.value for each in found if each.scope not in OWN_SCOPES}
    result: dict[str, str] = {}
    for each in found:
        name, _, last = each.key.rpartition(".")
        if name.startswith("hook."):
            result[f"{name}.enabled"] = "false"
        elif each.scope in OWN_SCOPES:
            result[each.key] = users.get(each.key, _NEUTRAL[last])
    return result
