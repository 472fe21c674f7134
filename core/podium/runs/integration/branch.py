"""The integration branch, which collects the results of a plan.

The store records what belongs on it: the commits of the tasks that are done. If the branch was
deleted, it is rebuilt from them; if a person moved it, the runner asks what to do; if a person
added commits on top, it is used as it is. `refs/podium/results/<plan>` keeps the commits reachable
without the branch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from podium.errors import GitError, MergeConflict
from podium.workspace.names import RESULTS_PREFIX, branch_name
from podium.workspace.repository import Repository
from podium.workspace.values import Conflicts


@dataclass(frozen=True)
class Base:
    """The starting point of a run.

    Args:
        commit: the tip of the integration branch.
        target_branch: the user's branch on which the result will land.
        integration_branch: the branch that collects the results.
        lost: done tasks whose commits no longer exist and that must be carried out again.
    """

    commit: str
    target_branch: str
    integration_branch: str
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class Integration:
    """How the branch compares with the commits that the store has recorded.

    Args:
        tip: the commit of the branch; None if there is no branch.
        lost: tasks whose commits no longer exist.
        missing: the commits that are neither on the branch nor in HEAD, by task.
    """

    tip: str | None
    lost: tuple[str, ...] = ()
    missing: Mapping[str, str] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the branch matches the store."""
        return not self.lost and not self.missing


def integration_branch(plan_id: str) -> str:
    """Return the name of a plan's integration branch."""
    return branch_name(plan_id, "integration")


def results_ref(plan_id: str) -> str:
    """Return the ref that keeps a plan's results reachable."""
    return f"{RESULTS_PREFIX}{plan_id}"


async def find_tips(repository: Repository, plan_id: str) -> tuple[str | None, str | None]:
    """Return the commits of the plan's branch and of HEAD; None for one that does not exist."""
    branch = f"refs/heads/{integration_branch(plan_id)}"
    tip, head = await repository.find_commits([branch, "HEAD"])
    return tip, head


async def inspect_integration(
    repository: Repository, plan_id: str, recorded: Mapping[str, str]
) -> Integration:
    """Compare a plan's branch with the commits that the store has recorded.

    Args:
        repository: the project's repository.
        plan_id: the plan.
        recorded: the commits of done tasks, by task.
    """
    tip, head = await find_tips(repository, plan_id)
    commits = tuple(dict.fromkeys(recorded.values()))
    existing = await repository.existing_commits(commits)
    missing = await repository.not_contained(existing, [each for each in (tip, head) if each])
    return Integration(
        tip=tip,
        lost=tuple(each for each, commit in recorded.items() if commit not in existing),
        missing={each: commit for each, commit in recorded.items() if commit in missing},
    )


async def restore_integration(
    repository: Repository, plan_id: str, found: Integration, start: str
) -> str:
    """Add the missing commits to the branch, create it if it was deleted, and return its tip.

    Args:
        repository: the project's repository.
        plan_id: the plan.
        found: the commits that are missing from the branch.
        start: the commit at which a branch without results starts.

    Raises:
        MergeConflict: a commit cannot be merged with a person's commits on the branch.
        WriteConflict: the branch was moved in the meantime.
    """
    missing = found.missing or {}
    tip = found.tip
    for commit in await _newest(repository, tuple(dict.fromkeys(missing.values()))):
        tip = commit if tip is None else await _join(repository, plan_id, tip, commit)
    tip = tip or start
    if tip != found.tip:
        await repository.update_branch(
            integration_branch(plan_id),
            tip,
            expected_old=found.tip or "",
            keep=results_ref(plan_id),
        )
    return tip


async def _newest(repository: Repository, commits: Sequence[str]) -> list[str]:
    """Return the commits that are not ancestors of any other, in the given order."""
    left: list[str] = []
    for each in commits:
        others = [other for other in commits if other != each]
        if not others or each in await repository.not_contained([each], others):
            left.append(each)
    return left


async def _join(repository: Repository, plan_id: str, tip: str, commit: str) -> str:
    merged = await repository.merge(tip, commit)
    if isinstance(merged, Conflicts):
        raise MergeConflict(
            f"The results of plan {plan_id} cannot be restored to their branch",
            why=f"they conflict with its commits in {', '.join(merged.files[:5])}",
            hints=[f"git log {integration_branch(plan_id)}", "podium questions"],
        )
    message = f"chore: restore the results of plan {plan_id}\n\nPodium-Plan: {plan_id}\n"
    return await repository.commit_tree(merged.tree, [tip, commit], message)


async def open_integration(
    repository: Repository, plan_id: str, recorded: Mapping[str, str], base: str = ""
) -> Base:
    """Return the base of a run: the plan's branch with all results that the store has recorded.

    A missing branch is created at HEAD, or rebuilt from the recorded commits. A branch whose
    results have landed is advanced to HEAD. A branch that a person moved is not changed; the runner
    asks.

    Args:
        repository: the project's repository.
        plan_id: the plan.
        recorded: the commits of done tasks, by task.
        base: the commit to start from; empty for HEAD.

    Raises:
        GitError: HEAD is detached, so there is no branch to land on; or the branch has results that
            do not contain the base.
    """
    await repository.clear_stale_locks()
    head = await repository.head()
    if not head.branch:
        raise GitError(
            "HEAD is detached",
            why="the result would have no branch to land on",
            hints=["git switch BRANCH, then podium run"],
        )
    name = integration_branch(plan_id)
    found = await inspect_integration(repository, plan_id, recorded)
    tip = found.tip
    if base and tip is not None and not await repository.is_ancestor(base, tip):
        tip = await _start_again(repository, plan_id, tip, base, head.commit)
    elif tip is None:
        tip = await restore_integration(repository, plan_id, found, base or head.commit)
    elif not base and tip != head.commit and await repository.is_ancestor(tip, head.commit):
        await repository.update_branch(
            name, head.commit, expected_old=tip, keep=results_ref(plan_id)
        )
        tip = head.commit
    return Base(tip, head.branch, name, found.lost)


async def _start_again(repository: Repository, plan_id: str, tip: str, base: str, head: str) -> str:
    """Move a branch without results of its own to another base, and return that.

    Raises:
        GitError: it has commits that are neither in HEAD nor in the base.
    """
    if await repository.not_contained([tip], [head, base]):
        raise GitError(
            f"Plan {plan_id} has results on another base",
            why=f"{integration_branch(plan_id)} does not contain {base[:12]}",
            hints=[f"podium run {plan_id} continues on its base", f"podium land {plan_id}"],
        )
    name = integration_branch(plan_id)
    await repository.update_branch(name, base, expected_old=tip, keep=results_ref(plan_id))
    return base
