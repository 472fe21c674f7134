"""Commits the contents of a worktree to its branch, and to no other branch."""

from podium.errors import GitError
from podium.workspace import prepared_files
from podium.workspace.plumbing import inspection, references, staging
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.programs import act, prepared
from podium.workspace.values import Identity, PreparedFiles, Worktree
from podium.workspace.worktrees import git_at


async def commit_all(
    worktree: Worktree,
    message: str,
    author: Identity | None,
    *,
    after: str = "",
    setup_files: PreparedFiles | None = None,
) -> str | None:
    """Commit everything in a worktree, including new files but not ignored ones.

    An agent may have moved HEAD: the commit still goes to the worktree's own branch, and HEAD
    returns to it.

    Args:
        worktree: the worktree.
        message: the whole message.
        author: the author, if not the user.
        after: the branch tip before this change. If the branch already has this commit, made before
            a crash, changes made since then are discarded.
        setup_files: the changes that set-up commands made; they are not committed.

    Returns:
        The commit's id, or None if there is nothing to commit.
    """
    if worktree.branch is None:
        raise GitError(
            f"{str(worktree.folder)!r} has no branch to commit to",
            why="it is a detached worktree, created to read one commit",
        )
    git = await prepared(git_at(worktree))
    if after and await _is_committed(git, worktree.branch, message, after):
        await prepared_files.discard_changes(git, "HEAD", setup_files)
        return None
    inside = await staging.add_everything(git, {})
    _refuse_nested(inside.nested)
    if setup_files is not None:
        await prepared_files.leave_out(git, setup_files)
    who = await staging.identities(git, author)
    if _is_ordinary(worktree, inside):
        commit = await references.commit_index(git, message, who)
        if commit is not None:
            return commit
    return await _commit_to_branch(git, worktree.branch, message, who)


def _is_ordinary(worktree: Worktree, inside: staging.Inside) -> bool:
    """Return whether plain `git commit` is safe to use here.

    `git commit` would conclude an agent's unfinished merge, and would look into submodules even if
    there is nothing to commit.
    """
    if inside.submodules or inspection.operation_in_progress(worktree.git_dir) is not None:
        return False
    # An agent may have replaced the file that `git commit` writes with a symlink.
    (worktree.git_dir / "COMMIT_EDITMSG").unlink(missing_ok=True)
    head = (worktree.git_dir / "HEAD").read_text("utf-8", "surrogateescape").rstrip("\n")
    return head == f"ref: {references.BRANCHES}{worktree.branch}"


async def _commit_to_branch(
    git: Git, branch: str, message: str, who: tuple[Identity, Identity]
) -> str | None:
    """Commit the index to the branch, wherever an agent left HEAD, and return HEAD to it."""
    ref = references.BRANCHES + branch
    tip = await inspection.resolve(git, ref)
    tree = (await act(git, "write-tree")).text
    if (await inspection.head(git)).branch != branch:
        await act(git, "symbolic-ref", "-m", "podium", "HEAD", ref)
    if tree == await inspection.tree_of(git, tip):
        return None
    commit = await references.commit_tree(git, tree, (tip,), message, who)
    await references.update_branch(git, branch, commit, expected_old=tip)
    return commit


async def _is_committed(git: Git, branch: str, message: str, previous_tip: str) -> bool:
    """Return whether the branch already has this commit from before a crash."""
    ref = references.BRANCHES + branch
    output = await git.read("log", "-1", "--no-show-signature", "--format=%H%n%B", ref)
    commit, _, found = output.text.partition("\n")
    return commit != previous_tip and found.rstrip("\n") == message.rstrip("\n")


def _refuse_nested(nested: tuple[str, ...]) -> None:
    """Refuse a repository inside the worktree: git would store a reference and lose its files."""
    if nested:
        raise GitError(
            f"The worktree contains another git repository: {', '.join(nested)}",
            why="git would commit only a reference to it and lose its files",
            hints=[f"remove {name}/.git to commit its files" for name in nested],
        )
