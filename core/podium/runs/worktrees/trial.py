"""Tries out the preparation of a worktree, and removes the worktree afterwards."""

import os

from podium.model.config import Config
from podium.platform.sandbox.probe import require_sandbox
from podium.runs.worktrees.steps import STEPS, Preparation, StepReport, tear_down
from podium.workspace.repository import Repository
from podium.workspace.values import Worktree
from podium.workspace.warm.own_places import give_places, variables_of
from podium.workspace.warm.pool import WorktreePool


async def try_worktree(repository: Repository, config: Config) -> tuple[StepReport, ...]:
    """Prepare a worktree at HEAD and tear it down; return a report for each step.

    Raises:
        GitError: git cannot create the worktree.
        SandboxUnavailable: the settings require a sandbox, and none works.
    """
    pool = WorktreePool(repository, most=0)
    commit = (await repository.head()).commit
    async with pool.on_trial(commit) as worktree:
        sandbox = require_sandbox(config.sandbox)
        place = Preparation(repository, worktree, config.worktree, config.gates.setup, sandbox)
        return (
            StepReport("checkout", f"commit {commit[:12]}"),
            *await _prepare(place),
            *await tear_down(place),
        )


async def _prepare(place: Preparation) -> list[StepReport]:
    give_places(place.worktree)
    reports = [_variables(place.worktree)]
    for step in STEPS:
        if not await step.key(place):
            reports.append(StepReport(step.name, "nothing to do"))
            continue
        reports += await step.carry_out(place)
        if any(each.failure is not None for each in reports):
            break
    return reports


def _variables(worktree: Worktree) -> StepReport:
    shown = ", ".join(f"{name}={value}" for name, value in variables_of(worktree).items())
    return StepReport("variables", shown.replace(os.path.expanduser("~"), "~"))
