"""plan.by_path: find the plan that a project file belongs to."""

import os
import re
from pathlib import Path

from pydantic import Field

from podium.agents.registry import agent_names
from podium.entities.access import Reader
from podium.entities.plan_states import state_of_plan
from podium.entities.plans import load_approval, load_plan_as_is
from podium.entities.runs import active_run, all_runs
from podium.entities.tasks import load_progress
from podium.errors import PodiumError
from podium.model import layout
from podium.model.base import Frozen
from podium.model.plans import Approval, Plan
from podium.model.progress import TaskProgress
from podium.model.states import PlanState
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.views.next_steps import plan_steps, task_steps
from podium.views.steps import Step

__all__ = ["ByPathParams", "PlanAround", "Step", "by_path", "plan_following"]

_STORED = re.compile(r"\.podium/plans/([^/]+)/(?:plan|approval|tasks/([^/]+))\.json")


class ByPathParams(Frozen):
    """Parameters of `plan.by_path`."""

    path: str = Field(default="", description="the file, relative to the project")
    plan: str = Field(default="", description="the plan's id, if the file itself contains it")


class PlanAround(Frozen):
    """The plan of a file, and the data for validating the file."""

    plan: Plan | None
    """None if the file does not belong to a plan."""
    task_id: str
    """The task that the file defines; empty for any other file."""
    state: PlanState | None
    approval: Approval | None
    progress: dict[str, TaskProgress]
    latest_run: str
    agents: tuple[str, ...]
    """The installed agents."""
    next_steps: tuple[Step, ...] = Field(default=(), exclude=True)
    """The possible next steps for the plan, most common first."""
    task_steps: dict[str, tuple[Step, ...]] = Field(default_factory=dict, exclude=True)
    """The same for each task, by id."""


@operation("plan.by_path", Effect.READ)
async def by_path(engine: Engine, params: ByPathParams) -> PlanAround:
    """Return the plan that is stored in a file, or that uses the file as its playbook."""
    store = engine.store
    plan_id, task_id = _named(engine, params)
    plan = _plan(store, plan_id) if plan_id else None
    if plan is None:
        return PlanAround(
            plan=None,
            task_id="",
            state=None,
            approval=None,
            progress={},
            latest_run="",
            agents=agent_names(),
        )
    return _around(store, plan, task_id)


def _around(reader: Reader, plan: Plan, task_id: str) -> PlanAround:
    runs, active = all_runs(reader, plan.id), active_run(reader, plan.id)
    state, progress = state_of_plan(reader, plan), load_progress(reader, plan.id)
    return PlanAround(
        plan=plan,
        task_id=task_id,
        state=state,
        approval=load_approval(reader, plan.id),
        progress=progress,
        latest_run=runs[0].id if runs else "",
        agents=agent_names(),
        next_steps=plan_steps(
            plan, state, has_run=bool(runs), active_run=active.id if active else ""
        ),
        task_steps={
            task.id: task_steps(plan.id, task.id, progress.get(task.id, TaskProgress()).state)
            for task in plan.tasks
        },
    )


def _named(engine: Engine, params: ByPathParams) -> tuple[str, str]:
    if params.plan:
        return params.plan, ""
    if stored := _STORED.fullmatch(params.path):
        return stored[1], stored[2] or ""
    return plan_following(engine, params.path) if params.path else "", ""


def _plan(reader: Reader, plan_id: str) -> Plan | None:
    try:
        return load_plan_as_is(reader, plan_id)
    except PodiumError:
        return None


def plan_following(engine: Engine, path: str) -> str:
    """Return the newest plan that uses the file as an agent's playbook, or an empty string."""
    wanted = Path(os.path.normpath(engine.root / path))
    headers = engine.store.list(layout.plan_headers()).values()
    for header in sorted(headers, key=lambda each: (each.created_at, each.id), reverse=True):
        for choice in header.agents.values():
            followed = choice.options.get("playbook", "")
            if followed and Path(os.path.normpath(engine.root / followed)) == wanted:
                return header.id
    return ""
