"""Presents a run as facts for a model."""

from collections.abc import Sequence
from typing import Any

from podium.model.questions import Question
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
        facts["waits"] = {each.id: _waits(each) for each in status.questions}
    if status.budget:
        facts["budget"] = [*status.budget]
    if problems := _problems(status.tasks):
        facts["problems"] = problems
    return facts


def _waits(question: Question) -> str:
    """Return a question; what another agent wants to do is quoted in it."""
    text = one_line(question.text, 200)
    return f"{text}: {one_line(question.quoted, 1000)}" if question.quoted else text


def _problems(tasks: Sequence[TaskStatus]) -> dict[str, str]:
    return {task.id: one_line(task.problem, 300) for task in tasks if task.problem}
