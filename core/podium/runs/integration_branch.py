"""The branch on which a plan's results gather; must not know how they are made."""

from dataclasses import dataclass
from pathlib import Path

from podium.errors import GitError
from podium.workspace.names import branch_name
from podium.workspace.repository import Repository


@dataclass(frozen=True)
class Base:
    """What a run begins on.

    Args:
        commit: the integration branch's tip.
        target_branch: the user's branch that the result is meant for.
        integration_branch: where results gather.
    """

    commit: str
    target_branch: str
    integration_branch: str


def integration_branch(plan_id: str) -> str:
    """Return the name of a plan's integration branch."""
    return branch_name(plan_id, "integration")


async def open_integration(root: Path, plan_id: str) -> Base:
    """Return the plan's integration branch: made at HEAD, or taken up where it is.

    A branch whose results have landed is moved on to HEAD first.

    Raises:
        GitError: HEAD is detached, so nothing says where the result should land.
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
