"""The integration branch, which collects the results of a plan."""

from dataclasses import dataclass
from pathlib import Path

from podium.errors import GitError
from podium.workspace.names import branch_name
from podium.workspace.repository import Repository


@dataclass(frozen=True)
class Base:
    """The starting point of a run.

    Args:
        commit: the tip of the integration branch.
        target_branch: the user's branch that the result is to land on.
        integration_branch: the branch that collects the results.
    """

    commit: str
    target_branch: str
    integration_branch: str


def integration_branch(plan_id: str) -> str:
    """Return the name of a plan's integration branch."""
    return branch_name(plan_id, "integration")


async def open_integration(root: Path, plan_id: str) -> Base:
    """Create the plan's integration branch at HEAD, or reuse it.

    A branch whose results have landed is advanced to HEAD first.

    Raises:
        GitError: HEAD is detached, so there is no branch to land on.
    """
    repository = await Repository.discover(root)
    head = await repository.head()
    if not head.branch:
        raise GitError(
            "HEAD is detached",
            why="the result would have no branch to land on",
            hints=["git switch BRANCH, then podium run"],
        )
    name = integration_branch(plan_id)
    tip = await repository.find_commit(f"refs/heads/{name}")
    if tip is None:
        await repository.create_branch(name, head.commit)
        tip = head.commit
    elif tip != head.commit and await repository.is_ancestor(tip, head.commit):
        await repository.update_branch(name, head.commit, expected_old=tip)
        tip = head.commit
    return Base(commit=tip, target_branch=head.branch, integration_branch=name)
