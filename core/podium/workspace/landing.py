"""Brings a branch of Podium's into the user's checkout; the only module that changes it.

First a preview that changes nothing, then the landing, which refuses whenever the preview no longer
holds or a local change would be overwritten. Must not know what the branch was made for.
"""

from collections.abc import Iterable
from pathlib import Path

from podium.errors import GitError, MergeConflict
from podium.workspace.names import LOCK_NAME, check_branch
from podium.workspace.paths import first_obstacle
from podium.workspace.plumbing import inspection, merging, references, staging
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.locks import exclusive
from podium.workspace.plumbing.programs import act, prepared
from podium.workspace.values import (
    Conflicts,
    Head,
    Landed,
    LandingKind,
    LandingPreview,
    MergedTree,
)

_SHOWN_FILES = 10
_SHOWN_COMMITS = 1000


async def preview(git: Git, branch: str) -> LandingPreview:
    """Return what landing `branch` would do; nothing changes."""
    git = await prepared(git)
    tip = await inspection.resolve(git, references.BRANCHES + check_branch(branch))
    head = await inspection.head(git)
    kind, tree, conflicts = await _kind(git, head, tip)
    base = head.commit if tree else await _merge_base(git, head.commit, tip)
    assert git.git_dir is not None
    return LandingPreview(
        branch=branch,
        tip=tip,
        target=head.branch,
        head=head.commit,
        kind=kind,
        tree=tree,
        conflicts=conflicts,
        overwritten=await _overwritten(git, head.commit, tree) if tree else (),
        operation=inspection.operation_in_progress(git.git_dir),
        stat=await inspection.diff_stat(git, base, tree or tip),
        commits=await inspection.log(git, head.commit, tip, limit=_SHOWN_COMMITS),
    )


async def land(
    git: Git, common_dir: Path, branch: str, message: str, expected: LandingPreview
) -> Landed:
    """Land `branch` as it was previewed.

    Raises:
        MergeConflict: it cannot land as things stand; nothing was changed.
    """
    async with exclusive(common_dir / LOCK_NAME) as lock:
        now = await preview(git, branch)
        target = _checked(now, expected)
        commit = await _commit_to_land(git, now, message)
        if commit != now.head:
            await _fast_forward(git, target, commit, branch, lock)
        return Landed(now.kind, target, now.head, commit)


async def _kind(git: Git, head: Head, tip: str) -> tuple[LandingKind, str | None, tuple[str, ...]]:
    """Return how `tip` would come into HEAD, the tree that results, and the conflicts."""
    if await inspection.is_ancestor(git, tip, head.commit):
        return LandingKind.UP_TO_DATE, await inspection.tree_of(git, head.commit), ()
    if await inspection.is_ancestor(git, head.commit, tip):
        return LandingKind.FAST_FORWARD, await inspection.tree_of(git, tip), ()
    match await merging.merge(git, head.commit, tip):
        case MergedTree(tree):
            return LandingKind.MERGE, tree, ()
        case Conflicts(files):
            return LandingKind.CONFLICTS, None, files


async def _merge_base(git: Git, one: str, other: str) -> str:
    return (await git.read("merge-base", one, other)).text


async def _overwritten(git: Git, head: str, tree: str) -> tuple[str, ...]:
    """Return the user's local files that stand where the landing writes.

    Those are tracked files with changes, staged or not, and whatever git does not track, ignored
    or not, in the place of a new file.
    """
    raw = await git.read("diff-tree", "-r", "-z", "--no-renames", "--name-status", head, tree)
    kinds = dict(zip(raw.fields[1::2], raw.fields[::2], strict=True))
    local = await inspection.status(git, untracked="no")
    changed = {*local.staged, *local.unstaged, *local.conflicted}
    new = [path for path, kind in kinds.items() if kind == "A"]
    obstacles = {found for path in new if (found := first_obstacle(git.folder, path))}
    untracked = await _untracked(git, obstacles)
    return tuple(sorted((changed & kinds.keys()) | untracked))


async def _untracked(git: Git, paths: Iterable[str]) -> set[str]:
    """Return the files at or below `paths` that git does not track, ignored ones included."""
    wanted = sorted(paths)
    if not wanted:
        return set()
    listed = await act(git, "--literal-pathspecs", "ls-files", "--others", "-z", "--", *wanted)
    return set(listed.fields)


def _checked(now: LandingPreview, expected: LandingPreview) -> str:
    """Return the branch that receives the landing.

    Raises:
        MergeConflict: something stands against it.
    """
    again = f"podium land {now.branch}"
    if now.operation is not None:
        raise MergeConflict(
            f"{now.branch} was not landed",
            why=f"a {now.operation} is in progress in the checkout",
            hints=["finish or abort it, git status says how", again],
        )
    if now.target is None:
        raise MergeConflict(
            f"{now.branch} was not landed",
            why="HEAD is detached, so no branch would hold the result",
            hints=["git switch <branch>", again],
        )
    if now.base != expected.base:
        raise MergeConflict(
            f"{now.branch} was not landed",
            why="the checkout or the branch has moved since the preview",
            hints=["look at the new preview, then land"],
        )
    if now.kind is LandingKind.CONFLICTS:
        raise MergeConflict(
            f"{now.branch} does not merge into {now.target}",
            why=f"both changed {_listing(now.conflicts)}",
            hints=[f"git merge {now.branch}, and resolve the conflicts by hand"],
        )
    if now.overwritten:
        raise MergeConflict(
            f"{now.branch} was not landed",
            why=f"your local changes would be overwritten in {_listing(now.overwritten)}",
            hints=["commit them, move them away or git stash -u", again],
        )
    return now.target


async def _commit_to_land(git: Git, now: LandingPreview, message: str) -> str:
    match now.kind:
        case LandingKind.UP_TO_DATE:
            return now.head
        case LandingKind.FAST_FORWARD:
            return now.tip
        case _:
            assert now.tree is not None
            who = await staging.identities(git, None)
            return await references.commit_tree(git, now.tree, (now.head, now.tip), message, who)


async def _fast_forward(git: Git, target: str, commit: str, branch: str, lock: int) -> None:
    try:
        await act(
            git,
            "merge",
            "--ff-only",
            # The user's ignored files are not ours to replace.
            "--no-overwrite-ignore",
            "--quiet",
            commit,
            variables={"GIT_REFLOG_ACTION": f"podium land {branch}"},
            settings={f"branch.{target}.mergeOptions": ""},
            inherit_fds=(lock,),
        )
    except GitError as error:
        if await inspection.resolve(git, "HEAD") == commit:
            raise
        raise MergeConflict(
            f"{branch} was not landed", why=error.why, hints=[*error.hints, f"podium land {branch}"]
        ) from error


def _listing(files: tuple[str, ...]) -> str:
    more = len(files) - _SHOWN_FILES
    return ", ".join(files[:_SHOWN_FILES]) + (f" and {more} more" if more > 0 else "")
