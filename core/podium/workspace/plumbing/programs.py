"""Disables the programs that a repository's own configuration names.

`.gitattributes`, which anyone may commit, selects a filter or merge driver; the configuration,
which an agent in a worktree can write, defines it. Git would run it at the next `add` or `status`.
Programs in the user's own configuration (such as git-lfs) are trusted and stay enabled.
"""

import contextlib
import dataclasses
import time
from collections.abc import Iterable, Mapping, Sequence

import anyio
import anyio.to_thread

from podium.errors import GitError, GitKilled, InternalError
from podium.workspace.plumbing.command_marks import mark_death, mark_repository
from podium.workspace.plumbing.git import Git, Output, is_about_lock
from podium.workspace.plumbing.settings import OWN_SCOPES, Setting, read_settings
from podium.workspace.plumbing.stale_locks import Sweep, sweep, wait_for_lock

# Git's built-in merge for a file without a driver.
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
        git = await prepared(git)

        async def run() -> Output:
            return await git.run(
                arguments,
                accept=frozenset(accept),
                stdin=stdin,
                variables=variables,
                settings=settings,
                inherit_fds=inherit_fds,
            )

        if git.git_dir is not None:
            mark_repository(git.git_dir)
        began = time.time()
        try:
            return await run()
        except GitKilled:
            await _sweep_after_death(git, began)
            raise
        except GitError as error:
            if not is_about_lock(error.why):
                raise
            await _wait_for_lock(git, error)
            return await run()
    raise InternalError("A git command was cancelled inside its shield")


async def clear_stale_locks(git: Git) -> Sweep:
    """Remove the stale locks of a repository before it is changed; keep the others."""
    with contextlib.suppress(OSError):
        return await anyio.to_thread.run_sync(sweep, git)
    return Sweep()


async def _sweep_after_death(git: Git, began: float) -> None:
    """Remove the locks that a killed command left behind, except those that may be held."""
    if git.git_dir is not None:
        mark_death(git.git_dir, began)
        await clear_stale_locks(git)


async def _wait_for_lock(git: Git, error: GitError) -> None:
    """Wait for the lock that stopped a command, and remove it if it is stale.

    Raises:
        GitError: the lock is still there; the message says what may hold it, or how to remove it.
    """
    if git.git_dir is None:
        raise error
    try:
        kept = await wait_for_lock(git, error.why)
    except OSError as reason:
        raise error from reason
    if kept:
        why = "; ".join(f"{each.path} exists; {each.why}" for each in kept)
        raise GitError(error.what, why=why, hints=[each.hint for each in kept]) from error


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
