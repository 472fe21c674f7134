"""Presents a plan as facts for a model."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import JsonValue

from podium.model.states import TaskState
from podium.operations.commands import Step
from podium.operations.views import PlanView, TaskRow
from podium_mcp.presenters.paging import LIST_CHARACTERS, PAGE, page_of
from podium_mcp.presenters.results import IN_FULL, Facts
from podium_mcp.presenters.tasks import task_body
from podium_mcp.sanitize import one_line, shortened, weight

_TITLES = (60, 44, 28)
"""Lengths of titles to try, longest first, until a page holds all rows."""
_MOST_WARNINGS = 5


def plan_facts(view: PlanView, start: int = 0) -> dict[str, Any]:
    """Return a plan's summary: its state and one page of its tasks by state."""
    plan = view.plan
    done = sum(row.state is TaskState.DONE for row in view.rows)
    texts = _task_texts(view.rows[start : start + PAGE])
    shown, following = page_of(texts, start, len(view.rows), LIST_CHARACTERS)
    facts: dict[str, Any] = {
        "plan": plan.id,
        "version": view.version,
        "state": view.state,
        "objective": one_line(plan.objective, 300),
        "done": f"{done}/{len(view.rows)}",
        "tasks": _by_state(view.rows[start:], shown),
    }
    if plan.header.warnings:
        facts["warnings"] = list(plan.header.warnings[:_MOST_WARNINGS])
    return facts | following | {"next": plan_next(view)}


def whole_plan_facts(view: PlanView) -> Facts:
    """Return the whole plan with every task."""
    tasks: list[Facts] = []
    for task, row in zip(view.plan.tasks, view.rows, strict=True):
        state = "ready" if row.ready else str(row.state)
        tasks.append({"id": task.id, "title": task.title, "state": state} | task_body(task))
    facts = plan_facts(view)
    return {
        **facts,
        "objective": view.plan.objective,
        "summary": view.plan.header.summary,
        "tasks": tasks,
        "source": view.plan.header.source,
        "critical_path": list(view.estimate.critical_path),
        IN_FULL: True,
    }


def _task_texts(rows: Sequence[TaskRow]) -> list[str]:
    """Return tasks as `id title`, with the longest titles that fit on one page."""
    texts: list[str] = []
    for limit in _TITLES:
        texts = [f"{row.id} {shortened(row.title, limit)}" for row in rows]
        if sum(weight(text) + 3 for text in texts) <= LIST_CHARACTERS:
            break
    return texts


def _by_state(rows: Iterable[TaskRow], texts: Iterable[JsonValue]) -> dict[str, list[JsonValue]]:
    groups: dict[str, list[JsonValue]] = {}
    for row, text in zip(rows, texts, strict=False):
        groups.setdefault("ready" if row.ready else row.state, []).append(text)
    return groups


def plan_next(view: PlanView) -> tuple[Step, ...]:
    """Return the next steps of a plan that has just been shown."""
    return tuple(each for each in view.next_steps if each.operation != "plan.show")
