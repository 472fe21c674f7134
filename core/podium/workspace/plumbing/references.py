"""Moves Podium's own branches and refs by compare-and-swap, and no other ref.

Every change is idempotent: repeating a change that a killed process had already made succeeds.
"""

import re

from podium.errors import WriteConflict
from podium.workspace.names import BRANCH_PREFIX, REF_PREFIX, check_branch, check_ref
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.inspection import (
    find_commit,
    find_commits,
    is_ancestor,
    resolve,
    tree_of,
)
from podium.workspace.plumbing.programs import act
from podium.workspace.values import Checkpoint, Identity

BRANCHES = "refs/heads/"
_ABSENT = ""
_NOTHING_TO_COMMIT = 1
_COMMITTED = re.compile(r"\[\S+ ([0-9a-f]{40,})\]")


async def commit_tree(
    git: Git, tree: str, parents: tuple[str, ...], message: str, who: tuple[Identity, Identity]
) -> str:
    """Create a commit of `tree` and return its id; no ref moves. `who` is author and committer."""
    options = [option for parent in parents for option in ("-p", parent)]
    arguments = ("commit-tree", tree, *options, "-F", "-")
    output = await act(git, *arguments, stdin=_message(message), variables=_names(who))
    return output.text


async def commit_index(git: Git, message: str, who: tuple[Identity, Identity]) -> str | None:
    """Commit the index to the branch of HEAD, and return the commit's id.

    Returns:
        None if nothing was committed, because the index equals HEAD.
    """
    output = await act(
        git,
        *("commit", "--no-verify", "--no-status", "--no-post-rewrite"),
        *("--allow-empty-message", "--cleanup=verbatim", "-F", "-"),
        stdin=_message(message),
        variables=_names(who),
        # The output contains the full id of the new commit.
        settings={"core.abbrev": "no"},
        accept=(0, _NOTHING_TO_COMMIT),
    )
    if output.code == _NOTHING_TO_COMMIT:
        return None
    named = _COMMITTED.match(output.text)
    return named[1] if named else await resolve(git, "HEAD")


def _message(text: str) -> bytes:
    return (text if text.endswith("\n") else f"{text}\n").encode()


def _names(who: tuple[Identity, Identity]) -> dict[str, str]:
    author, committer = who
    return {
        "GIT_AUTHOR_NAME": author.name,
        "GIT_AUTHOR_EMAIL": author.email,
        "GIT_COMMITTER_NAME": committer.name,
        "GIT_COMMITTER_EMAIL": committer.email,
    }


async def create_branch(git: Git, branch: str, commit: str) -> None:
    """Create one of Podium's branches; it may already exist at this commit."""
    await _swap(git, BRANCHES + check_branch(branch), _ABSENT, commit)


async def update_branch(
    git: Git, branch: str, new: str, *, expected_old: str, keep: str = "", start: str = ""
) -> None:
    """Move one of Podium's branches from `expected_old` to `new`, together with the ref `keep`.

    The ref `start`, if given, is set to the branch's old commit.
    """
    ref = BRANCHES + check_branch(branch)
    if not keep:
        await _swap(git, ref, expected_old, new)
        return
    old = expected_old or "0" * len(new)
    commands = f"update {ref} {new} {old}\nupdate {check_ref(keep)} {new}\n"
    commands += f"update {check_ref(start)} {expected_old}\n" if start else ""
    arguments = ("update-ref", "-m", "podium", "--stdin")
    output = await act(git, *arguments, stdin=commands.encode(), accept=(0, 1, 128))
    if output.code != 0 and await find_commit(git, ref) != new:
        await _explain(git, ref, expected_old, arguments[1:], commands.encode())


async def delete_branch(git: Git, branch: str, *, expected_old: str) -> None:
    """Delete one of Podium's branches if it is at `expected_old`; it may already be gone."""
    ref = BRANCHES + check_branch(branch)
    output = await act(git, "update-ref", "-d", ref, expected_old, accept=(0, 1, 128))
    if output.code != 0 and await find_commit(git, ref) is not None:
        await _explain(git, ref, expected_old, ("-d", ref, expected_old))


async def list_branches(git: Git) -> dict[str, str]:
    """Return Podium's branches with their commits."""
    output = await git.read(
        "for-each-ref", "--format=%(objectname) %(refname)", f"{BRANCHES}{BRANCH_PREFIX}"
    )
    pairs = (line.partition(" ") for line in output.text.splitlines())
    return {ref.removeprefix(BRANCHES): commit for commit, _, ref in pairs}


async def adds_nothing_to(git: Git, commit: str, tip: str) -> bool:
    """Return whether `tip` contains a commit, or that commit's parent with the same files."""
    if await is_ancestor(git, commit, tip):
        return True
    parents = (await git.read("rev-list", "--parents", "--max-count=1", commit)).text.split(" ")[1:]
    tree = await tree_of(git, commit)
    for each in parents:
        if await tree_of(git, each) == tree and await is_ancestor(git, each, tip):
            return True
    return False


async def save_checkpoint(git: Git, ref: str, commit: str) -> Checkpoint:
    """Save `commit` as `ref`; if an equal checkpoint already exists, return that one."""
    found = await find_checkpoint(git, ref)
    if found is None:
        await _swap(git, ref, _ABSENT, commit)
        return Checkpoint(ref, commit)
    if await _content(git, found.commit) != await _content(git, commit):
        raise WriteConflict(
            f"A different checkpoint {ref} already exists",
            why="checkpoints are never replaced, because one may hold the only copy of some work",
            hints=["use another name", "delete the checkpoint first, if it is no longer needed"],
        )
    return found


async def find_checkpoint(git: Git, ref: str) -> Checkpoint | None:
    """Return the checkpoint under `ref`, or None."""
    commit = await find_commit(git, check_ref(ref))
    return None if commit is None else Checkpoint(ref, commit)


async def list_checkpoints(git: Git, prefix: str) -> tuple[Checkpoint, ...]:
    """Return the checkpoints at or under the ref `prefix`, oldest first."""
    output = await git.read(
        "for-each-ref",
        "--sort=creatordate",
        "--format=%(objectname) %(refname)",
        prefix.rstrip("/"),
    )
    pairs = (line.partition(" ") for line in output.text.splitlines())
    found = (Checkpoint(ref, commit) for commit, _, ref in pairs)
    return tuple(each for each in found if each.ref.startswith(REF_PREFIX))


async def delete_checkpoints(git: Git, checkpoints: tuple[Checkpoint, ...]) -> None:
    """Delete checkpoints in one step; missing ones are skipped."""
    found = await find_commits(git, [check_ref(each.ref) for each in checkpoints])
    present = [each for each, commit in zip(checkpoints, found, strict=True) if commit]
    commands = "".join(f"delete {each.ref} {each.commit}\n" for each in present)
    if commands:
        await act(git, "update-ref", "--stdin", stdin=commands.encode())


async def _swap(git: Git, ref: str, old: str, new: str) -> None:
    arguments = ("-m", "podium", ref, new, old)
    output = await act(git, "update-ref", *arguments, accept=(0, 1, 128))
    if output.code != 0 and await find_commit(git, ref) != new:
        await _explain(git, ref, old, arguments)


async def _explain(
    git: Git, ref: str, old: str, arguments: tuple[str, ...], stdin: bytes = b""
) -> None:
    """Raise the reason why a change of `ref` was refused, or git's own error if it did not move."""
    current = await find_commit(git, ref)
    if (current or _ABSENT) == old:
        await act(git, "update-ref", *arguments, stdin=stdin)
        return
    is_at = f"is at {current}" if current else "does not exist"
    raise WriteConflict(
        f"{ref.removeprefix(BRANCHES)} was not changed",
        why=f"it {is_at}; expected {old or 'no such ref'}",
        hints=["read it again and decide on its current state"],
    )


async def _content(git: Git, commit: str) -> tuple[str, str]:
    """Return the content of a checkpoint: its tree and its parent commit."""
    parents = await git.read("rev-list", "--parents", "--max-count=1", commit)
    return await tree_of(git, commit), " ".join(parents.text.split(" ")[1:])
