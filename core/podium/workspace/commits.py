"""Commits what a worktree holds to its branch; must not touch any other branch."""

from podium.errors import GitError
from podium.workspace.checkpoints import clear_stale_lock
from podium.workspace.plumbing import inspection, references, staging
from podium.workspace.plumbing.programs import act, prepared
from podium.workspace.values import Identity, Worktree
from podium.workspace.worktrees import git_at


async def commit_all(worktree: Worktree, message: str, author: Identity | None) -> str | None:
    """Commit everything in a worktree, new files included, ignored ones not.

    An agent may have left HEAD elsewhere: the commit goes to the worktree's own branch all the
    same, and HEAD comes back to it.

    Returns:
        The commit's id, or None when the branch holds all of it already.
    """
    if worktree.branch is None:
        raise GitError(
            f"{str(worktree.folder)!r} has no branch to commit to",
            why="it was made to look at one commit",
        )
    git = await prepared(git_at(worktree))
    branch = references.BRANCHES + worktree.branch
    clear_stale_lock(git)
    tip = await inspection.resolve(git, branch)
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


def _refuse_nested(nested: tuple[str, ...]) -> None:
    """Refuse a repository inside the worktree: git would keep a link to it and lose its files."""
    if nested:
        raise GitError(
            f"The worktree holds another git repository: {', '.join(nested)}",
            why="its files cannot be committed as they are, git would keep only a link",
            hints=[f"remove {name}/.git to commit its files" for name in nested],
        )
