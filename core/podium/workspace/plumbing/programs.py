"""Switches off the programs that a repository's own configuration names; must not know what for.

A filter or a merge driver is chosen by `.gitattributes`, which anybody may commit, and named by the
configuration, which an agent that works in a worktree can write. Git would run it at the next `add`
or `status`. Those in the user's own configuration (git-lfs, say) are the user's word and stay.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import anyio

from podium.errors import InternalError
from podium.workspace.plumbing.git import Git, Output

# What git itself does with a file that has no driver.
BUILT_IN_MERGE = "git merge-file -q --marker-size=%L %A %O %B"

_PATTERN = r"^(filter\..+\.(clean|smudge|process|required)|merge\..+\.driver|hook\..+\.command)$"
_OWN_SCOPES = ("local", "worktree")
_NEUTRAL = {
    "clean": "",
    "smudge": "",
    "process": "",
    "required": "false",
    "driver": BUILT_IN_MERGE,
}


@dataclass(frozen=True)
class Setting:
    """One configured value and where it is from: `system`, `global`, `local` or `worktree`."""

    scope: str
    key: str
    value: str


async def act(
    git: Git,
    *arguments: str,
    accept: Iterable[int] = (0,),
    stdin: bytes = b"",
    variables: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    inherit_fds: Sequence[int] = (),
) -> Output:
    """Run a command that reads or writes files or refs, and let it finish even when cancelled.

    The arguments are those of `Git.run`.

    Raises:
        GitError: git is missing, or ended with an exit code that is not in `accept`.
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
    """Return the git command with its switches, which serve for the commands of one operation."""
    if git.switches is not None:
        return git
    return dataclasses.replace(git, switches=await _switches(git))


def switches(configured: Iterable[Setting]) -> dict[str, str]:
    """Return the settings that leave only the user's own programs, and no hook at all."""
    found = tuple(configured)
    users = {each.key: each.value for each in found if each.scope not in _OWN_SCOPES}
    result: dict[str, str] = {}
    for each in found:
        name, _, last = each.key.rpartition(".")
        if name.startswith("hook."):
            result[f"{name}.enabled"] = "false"
        elif each.scope in _OWN_SCOPES:
            result[each.key] = users.get(each.key, _NEUTRAL[last])
    return result


async def _switches(git: Git) -> dict[str, str]:
    output = await git.read(
        "config", "-z", "--show-scope", "--get-regexp", _PATTERN, accept=frozenset({0, 1})
    )
    fields = output.fields
    entries = (entry.partition("\n") for entry in fields[1::2])
    scoped = zip(fields[::2], entries, strict=True)
    return switches(Setting(scope, key, value) for scope, (key, _, value) in scoped)
