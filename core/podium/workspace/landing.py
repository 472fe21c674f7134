"""Lands a Podium branch in the user's checkout; the only module that changes the checkout.

A preview, which changes nothing, comes first. Landing is refused if the preview is out of date or a
local change would be overwritten.
"""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from podium.errors import GitError, GitKilled, MergeConflict, PodiumError
from podium.workspace.half_landed import (
    HalfLanded,
    half_landed,
    landed_files,
    remove_half_landed,
    remove_record,
    was_interrupted,
    write_record,
)
from podium.workspace.names import LOCK_NAME, check_branch
from podium.workspace.paths import first_obstacle
from podium.workspace.plumbing import inspection, merging, references, staging
from podium.workspace.plumbing.git import Git
from podium.workspace.plumbing.locks import exclusive
from podium.workspace.plumbing.programs import act, clear_stale_locks, prepared
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
    """Return the effect of landing `branch`, without changing anything."""
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
        overwritten=(await _local_files(git, head.commit, tree)).overwritten if tree else (),
        operation=inspection.operation_in_progress(git.git_dir),
        stat=await inspection.diff_stat(git, base, tree or tip),
        commits=await inspection.log(git, head.commit, tip, limit=_SHOWN_COMMITS),
    )


async def land(
    git: Git, common_dir: Path, branch: str, message: str, expected: LandingPreview
) -> Landed:
    """Land `branch` as previewed.

    Raises:
        MergeConflict: it cannot land now; nothing was changed.
    """
    async with exclusive(common_dir / LOCK_NAME) as lock:
        now = await preview(git, branch)
        target = _checked(now, expected)
        await clear_stale_locks(git)
        commit = await _commit_to_land(git, now, message)
        if commit != now.head:
            await _fast_forward(git, now, commit, lock)
        return Landed(now.kind, target, now.head, commit)


async def _kind(git: Git, head: Head, tip: str) -> tuple[LandingKind, str | None, tuple[str, ...]]:
    """Return how `tip` would be merged into HEAD, the resulting tree, and the conflicts."""
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


@dataclass(frozen=True)
class _Local:
    """The local files at paths that the landing would write.

    Args:
        overwritten: files with the user's changes.
        half_landed: files as an interrupted landing left them.
    """

    overwritten: tuple[str, ...] = ()
    half_landed: tuple[HalfLanded, ...] = ()


async def _local_files(git: Git, head: str, tree: str) -> _Local:
    """Return the local files that the landing would overwrite.

    These are tracked files with changes, staged or not, and untracked files, ignored or not, at
    the path of a new file.
    """
    files = await landed_files(git, head, tree)
    local = await inspection.status(git, untracked="no")
    changed = {*local.staged, *local.unstaged, *local.conflicted}
    new = [path for path, file in files.items() if file.is_new]
    obstacles = {found for path in new if (found := first_obstacle(git.folder, path))}
    untracked = await _untracked(git, obstacles)
    suspects = (changed & files.keys()) | untracked
    if not suspects:
        return _Local()
    interrupted = was_interrupted(git, head, tree)
    half = await half_landed(git, files, local, suspects, interrupted=interrupted)
    mine = suspects - {each.path for each in half}
    return _Local(tuple(sorted(mine)), half)


async def _untracked(git: Git, paths: Iterable[str]) -> set[str]:
    """Return the files at or under `paths` that git does not track, including ignored ones."""
    wanted = sorted(paths)
    if not wanted:
        return set()
    listed = await act(git, "--literal-pathspecs", "ls-files", "--others", "-z", "--", *wanted)
    return set(listed.fields)


def _checked(now: LandingPreview, expected: LandingPreview) -> str:
    """Return the branch that receives the landing.

    Raises:
        MergeConflict: something prevents the landing.
    """
    again = _again(now.branch)
    if now.operation is not None:
        raise MergeConflict(
            f"{now.branch} was not landed",
            why=f"a {now.operation} is in progress in the checkout",
            hints=["finish or abort it; git status shows how", again],
        )
    if now.target is None:
        raise MergeConflict(
            f"{now.branch} was not landed",
            why="HEAD is detached, so there is no branch for the result",
            hints=["git switch <branch>", again],
        )
    if now.base != expected.base:
        raise MergeConflict(
            f"{now.branch} was not landed",
            why="the checkout or the branch has moved since the preview",
            hints=["review the new preview, then land"],
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
            hints=[_put_away(now.overwritten), again],
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


async def _fast_forward(git: Git, now: LandingPreview, commit: str, lock: int) -> None:
    """Move the user's branch and files to a commit.

    A record, written first, makes an interrupted landing recognisable.
    """
    assert now.tree is not None, "a landing without conflicts has a tree"
    write_record(git, now.head, now.tree)
    half = (await _local_files(git, now.head, now.tree)).half_landed
    removed = remove_half_landed(git.folder, half)
    try:
        await _merge(git, now, commit, lock)
    except GitError as error:
        if await inspection.resolve(git, "HEAD") != commit:
            for each in removed:
                each.put_back()
            if not (await _local_files(git, now.head, now.tree)).half_landed:
                remove_record(git)
            raise _not_landed(now, error) from error
        if not isinstance(error, GitKilled):
            raise
    remove_record(git)


async def _merge(git: Git, now: LandingPreview, commit: str, lock: int) -> None:
    await act(
        git,
        "merge",
        "--ff-only",
        # Never replace the user's ignored files.
        "--no-overwrite-ignore",
        "--quiet",
        commit,
        variables={"GIT_REFLOG_ACTION": f"podium land {now.branch}"},
        settings={f"branch.{now.target}.mergeOptions": ""},
        inherit_fds=(lock,),
    )


def _not_landed(now: LandingPreview, error: GitError) -> PodiumError:
    again = _again(now.branch)
    if isinstance(error, GitKilled):
        why = "git was killed; the next landing recognises the files that it had written"
        return GitKilled(f"{now.branch} was not landed", why=why, hints=[again])
    return MergeConflict(f"{now.branch} was not landed", why=error.why, hints=[*error.hints, again])


def _again(branch: str) -> str:
    return f"podium land {branch.removeprefix('podium/').removesuffix('/integration')}"


def _put_away(files: tuple[str, ...]) -> str:
    """Return how to move the user's changes away; stashing everything would include `.podium`."""
    if len(files) > _SHOWN_FILES:
        return "commit them or move them away"
    return f"commit them, or git stash push -u -- {shlex.join(files)}"


def _listing(files: tuple[str, ...]) -> str:
    more = len(files) - _SHOWN_FILES
    return ", ".join(files[:_SHOWN_FILES]) + (f" and {more} more" if more > 0 else "")
