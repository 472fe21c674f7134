"""Presents a run as facts for a model."""

from collections.abc import Sequence
from typing import Any

from podium.operations.run.status import RunStatus, TaskStatus
from podium_mcp.sanitize import one_line


def run_facts(status: RunStatus) -> dict[str, Any]:
    """Return a run's summary: its state, its tasks by activity, and their problems."""
    phases: dict[str, list[str]] = {}
    for task in status.tasks:
        phases.setdefault(task.doing, []).append(task.id)
    facts: dict[str, Any] = {
        "run": status.run_id,
        "plan": status.plan_id,
        "state": status.state,
        "done": f"{status.done}/{len(status.tasks)}",
        "tasks": phases,
    }
    if status.questions:
        facts["waits"] = {each.id: one_line(each.text, 200) for each in status.questions}
    if status.budget:
        facts["budget"] = [*status.budget]
    if problems := _problems(status.tasks):
        facts["problems"] = problems
    return facts


def _problems(tasks: Sequence[TaskStatus]) -> dict[str, str]:
    return {task.id: one_line(task.problem, 300) for task in tasks if task.problem}
