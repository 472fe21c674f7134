"""Commits the contents of a worktree to its branch, and to no other branch."""

from podium.errors import GitError
from podium.workspace.checkpoints import discard_changes
from podium.workspace.plumbing import inspection, references, staging
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.programs import act, prepared
from podium.workspace.values import Identity, Worktree
from podium.workspace.worktrees import git_at


async def commit_all(
    worktree: Worktree, message: str, author: Identity | None, *, after: str = ""
) -> str | None:
    """Commit everything in a worktree, new files included, ignored ones not.

    An agent may have moved HEAD: the commit still goes to the worktree's own branch, and HEAD
    returns to it.

    Args:
        worktree: the worktree.
        message: the whole message.
        author: the author, if not the user.
        after: the commit that the branch had before. If it has this very commit already, made
            before a crash, what was written since is discarded.

    Returns:
        The commit's id, or None if there is nothing to commit.
    """
    if worktree.branch is None:
        raise GitError(
            f"{str(worktree.folder)!r} has no branch to commit to",
            why="it is a detached worktree, made to read one commit",
        )
    git = await prepared(git_at(worktree))
    branch = references.BRANCHES + worktree.branch
    tip = await inspection.resolve(git, branch)
    if after not in ("", tip) and await _has_message(git, tip, message):
        await discard_changes(git, tip)
        return None
    staged = await staging.stage_everything(git, {})
    _refuse_nested(staged.left_out)
    if (await inspection.head(git)).branch != worktree.branch:
        await act(git, "symbolic-ref", "-m", "podium", "HEAD", branch)
    if staged.tree == await inspection.tree_of(git, tip):
        return None
    who = await staging.identities(git, author)
    commit = await references.commit_tree(git, staged.tree, (tip,), message, who)
    await references.update_branch(git, worktree.branch, commit, expected_old=tip)
    return commit


async def _has_message(git: Git, commit: str, message: str) -> bool:
    output = await git.read("log", "-1", "--no-show-signature", "--format=%B", commit)
    return output.text.rstrip("\n") == message.rstrip("\n")


def _refuse_nested(nested: tuple[str, ...]) -> None:
    """Refuse a repository inside the worktree: git would keep a link to it and lose its files."""
    if nested:
        raise GitError(
            f"The worktree contains another git repository: {', '.join(nested)}",
            why="git would commit only a link to it and lose its files",
            hints=[f"remove {name}/.git to commit its files" for name in nested],
        )
