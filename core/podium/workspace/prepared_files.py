"""Keeps the changes that set-up commands made in a worktree, and excludes them from commits.

A file that the task also changes is part of its work. Contents are compared, not times.
"""

from collections.abc import Iterable, Mapping

from podium.workspace import checkpoints
from podium.workspace.plumbing import inspection, staging
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.programs import act
from podium.workspace.values import Checkpoint, PreparedFiles, Worktree

_Side = tuple[str, str]
"""Mode and object id; the mode is 000000 if there is no file."""


async def leave_out(git: Git, prepared: PreparedFiles) -> None:
    """Remove from the index, which contains everything, what only the set-up commands changed."""
    now = (await act(git, "write-tree")).text
    made = await _differences(git, prepared.base, prepared.ready)
    changed = await _differences(git, prepared.ready, now)
    before = {path: sides[0] for path, sides in made.items() if path not in changed}
    await _set_entries(git, before.items(), {})


async def tree_with(git: Git, commit: str, prepared: PreparedFiles) -> str:
    """Return the tree of a commit together with the set-up commands' changes.

    Args:
        git: git in the worktree.
        commit: a commit of the task, or the commit that it starts from.
        prepared: the set-up commands' changes.
    """
    made = await _differences(git, prepared.base, prepared.ready)
    changed = await _differences(git, prepared.base, commit)
    after = {path: sides[1] for path, sides in made.items() if path not in changed}
    with staging.borrowed_index(git) as variables:
        await act(git, "read-tree", commit, variables=variables)
        await _set_entries(git, after.items(), variables)
        return (await act(git, "write-tree", variables=variables)).text


async def discard_changes(git: Git, commit: str, prepared: PreparedFiles | None) -> None:
    """Reset a worktree to exactly a commit and the set-up commands' changes."""
    if prepared is None:
        await checkpoints.discard_changes(git, commit)
    else:
        await _hold(git, await tree_with(git, commit, prepared))


async def go_to(git: Git, commit: str, prepared: PreparedFiles | None) -> Checkpoint | None:
    """Detach HEAD at a commit, and keep the set-up commands' changes.

    Returns:
        The checkpoint of work that would have been lost; None if there was none, or if
        set-up commands changed files, because other work is then discarded.
    """
    if prepared is None:
        return await checkpoints.go_to(git, commit, None)
    tree = await tree_with(git, commit, prepared)
    await act(git, "update-ref", "--no-deref", "-m", "podium", "HEAD", commit)
    await _hold(git, tree)
    return None


async def is_saved(git: Git, prepared: PreparedFiles) -> bool:
    """Return whether a worktree contains only HEAD's files and the set-up commands' changes."""
    with staging.borrowed_index(git) as variables:
        now = (await staging.stage_everything(git, variables)).tree
    head = await inspection.resolve(git, "HEAD")
    return now == await tree_with(git, head, prepared)


async def forget(worktree: Worktree, prepared: PreparedFiles) -> None:
    """Discard the set-up commands' changes, if there is no other uncommitted work."""
    git = Git(worktree.folder, worktree.git_dir)
    if await is_saved(git, prepared):
        await checkpoints.discard_changes(git, "HEAD")


async def _hold(git: Git, tree: str) -> None:
    await act(git, "read-tree", "--reset", "-u", tree)
    # `-ff`, because tests may have created nested repositories.
    await act(git, "clean", "-ffdq")
    await act(git, "reset", "--mixed", "--quiet")


async def _differences(git: Git, old: str, new: str) -> dict[str, tuple[_Side, _Side]]:
    """Return both sides of every path that differs between two commits or trees."""
    command = ("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", old, new)
    fields = iter((await git.read(*command)).fields)
    found: dict[str, tuple[_Side, _Side]] = {}
    for row in fields:
        old_mode, new_mode, old_id, new_id, _ = row.removeprefix(":").split(" ")
        found[next(fields)] = ((old_mode, old_id), (new_mode, new_id))
    return found


async def _set_entries(
    git: Git, entries: Iterable[tuple[str, _Side]], variables: Mapping[str, str]
) -> None:
    # Removals first, because a folder may replace a file. Mode 0 removes an entry.
    ordered = sorted(entries, key=lambda each: (each[1][0] != "000000", each[0]))
    lines = "".join(f"{mode.lstrip('0') or '0'} {name}\t{path}\0" for path, (mode, name) in ordered)
    if lines:
        data = lines.encode("utf-8", "surrogateescape")
        await act(git, "update-index", "-z", "--index-info", stdin=data, variables=variables)
