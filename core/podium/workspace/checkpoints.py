"""Saves the state of a folder outside the user's branches, and restores it.

Uncommitted files are never deleted: files that would be lost are first saved under
`refs/podium/rescued/`.
"""

from collections.abc import Sequence

from podium.errors import GitError
from podium.model.paths import path_parts
from podium.workspace.names import RESCUED_PREFIX, check_ref
from podium.workspace.paths import first_obstacle
from podium.workspace.plumbing import inspection, references, staging
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.programs import act, prepared
from podium.workspace.values import PODIUM, ChangeKind, Checkpoint


async def take(git: Git, ref: str, message: str) -> Checkpoint:
    """Save the whole state of a folder under `ref`; neither its files nor its index change."""
    check_ref(ref)
    git = await prepared(git)
    with staging.borrowed_index(git) as variables:
        staged = await staging.stage_everything(git, variables)
    head = await inspection.find_commit(git, "HEAD")
    return await _save(git, ref, staged.tree, (head,) if head else (), message)


async def restore(git: Git, checkpoint: str, paths: Sequence[str] | None) -> Checkpoint | None:
    """Restore a folder, or some of its paths, from a checkpoint; HEAD does not move.

    Returns:
        The checkpoint of the previous state, or None if that state was the same as HEAD.
    """
    git = await prepared(git)
    saved = await inspection.tree_of(git, checkpoint)
    now = await _stage(git)
    tree = saved if paths is None else await _replaced(git, now, saved, paths)
    rescued = await _rescue(git, await _stage_obstacles(git, now, tree))
    await act(git, "read-tree", "--reset", "-u", tree)
    await act(git, "reset", "--mixed", "--quiet")
    return rescued


async def go_to(git: Git, commit: str, branch: str | None) -> Checkpoint | None:
    """Reset a folder to exactly `commit`, with HEAD on `branch` or detached.

    Ignored files are kept. The branch moves to the commit, regardless of where it was.

    Returns:
        The checkpoint of work that would have been lost, or None if there was none.
    """
    git = await prepared(git)
    target = await inspection.resolve(git, commit)
    tree = await _stage_obstacles(git, await _stage(git), target)
    rescued = await _rescue(git, tree, await _lost_tip(git, branch, target))
    if branch:
        await act(git, "symbolic-ref", "-m", "podium", "HEAD", references.BRANCHES + branch)
    else:
        await act(git, "update-ref", "--no-deref", "-m", "podium", "HEAD", target)
    await act(git, "reset", "--hard", "--quiet", target)
    return rescued


async def discard_changes(git: Git, commit: str) -> None:
    """Reset a folder to exactly `commit` without saving anything; ignored files and HEAD are kept.

    For files that are not needed, such as those that a test wrote.
    """
    git = await prepared(git)
    local = await inspection.status(git)
    if any((local.staged, local.unstaged, local.untracked, local.conflicted)):
        await act(git, "read-tree", "--reset", "-u", commit)
        # `-ff`, because tests may have created nested repositories.
        await act(git, "clean", "-ffdq")


async def rescue(git: Git) -> Checkpoint | None:
    """Save a folder's uncommitted work before the folder is removed."""
    git = await prepared(git)
    if await inspection.is_clean(git):
        return None
    return await _rescue(git, await _stage(git))


async def _stage(git: Git) -> str:
    return (await staging.stage_everything(git, {})).tree


async def _stage_obstacles(git: Git, tree: str, target: str) -> str:
    """Also stage the ignored files that `target` would overwrite, and return the resulting tree."""
    changes = await inspection.changed_files(git, tree, target)
    new = (change for change in changes if change.kind in (ChangeKind.ADDED, ChangeKind.RENAMED))
    obstacles = {found for change in new if (found := first_obstacle(git.folder, change.path))}
    return await staging.stage_files(git, sorted(obstacles)) if obstacles else tree


async def _lost_tip(git: Git, branch: str | None, target: str) -> str | None:
    """Return the commit of `branch` if moving it to `target` would lose that commit."""
    tip = await inspection.find_commit(git, references.BRANCHES + branch) if branch else None
    return tip if tip and not await inspection.is_ancestor(git, tip, target) else None


async def _rescue(git: Git, tree: str, lost: str | None = None) -> Checkpoint | None:
    """Save a tree that differs from HEAD's, and a commit to which no ref will point."""
    head = await inspection.find_commit(git, "HEAD")
    if lost is None and head and await inspection.tree_of(git, head) == tree:
        return None
    parents = tuple(dict.fromkeys(commit for commit in (head, lost) if commit))
    return await _save(git, None, tree, parents, "Uncommitted work, saved before it would be lost")


async def _save(
    git: Git, ref: str | None, tree: str, parents: tuple[str, ...], message: str
) -> Checkpoint:
    """Commit a tree as Podium and save it as `ref`, by default under `refs/podium/rescued/`."""
    commit = await references.commit_tree(git, tree, parents, message, (PODIUM, PODIUM))
    return await references.save_checkpoint(git, ref or f"{RESCUED_PREFIX}{commit}", commit)


async def _replaced(git: Git, now: str, saved: str, paths: Sequence[str]) -> str:
    """Return the tree `now` with `paths`, files or folders, replaced by their state in `saved`."""
    wanted = sorted({"/".join(path_parts(path)) for path in paths})
    gone = await _entries(git, now, wanted)
    back = await _entries(git, saved, wanted)
    for path in wanted:
        if not any(name == path or name.startswith(f"{path}/") for name in gone | back):
            raise GitError(
                f"{path!r} cannot be restored",
                why="neither the checkpoint nor the folder contains it",
            )
    # Mode 0 removes an entry from the index.
    removals = [f"0 {entry.split(' ', 1)[1]}" for entry in gone.values()]
    lines = "".join(f"{line}\0" for line in (*removals, *back.values()))
    with staging.borrowed_index(git) as variables:
        await act(git, "read-tree", now, variables=variables)
        await act(
            git,
            "update-index",
            "-z",
            "--index-info",
            stdin=lines.encode("utf-8", "surrogateescape"),
            variables=variables,
        )
        return (await act(git, "write-tree", variables=variables)).text


async def _entries(git: Git, tree: str, paths: Sequence[str]) -> dict[str, str]:
    """Return git's `mode type id TAB path` for every file at or under `paths`, by path."""
    if not paths:
        return {}
    listed = await git.read("ls-tree", "-r", "-z", "--full-tree", tree, *paths)
    return {entry.partition("\t")[2]: entry for entry in listed.fields}
