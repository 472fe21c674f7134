"""The engine's values as facts for a model: short names, short lists; knows no transport."""

import json
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

from pydantic import JsonValue

from podium.errors import ValidationError
from podium.model.findings import Finding
from podium.model.plans import Plan
from podium.model.states import PlanState, TaskState
from podium.operations.run.status import RunStatus, TaskStatus
from podium.operations.views import PlanView, TaskRow
from podium_mcp.sanitize import one_line, shortened, weight

PAGE = 100
_TITLES = (60, 44, 28)
"""How long titles are, by how many there are to be listed."""
_LIST_CHARACTERS = 3_200
"""About 850 tokens."""
_MOST_WARNINGS = 5


def plan_facts(view: PlanView, start: int = 0) -> dict[str, Any]:
    """Return a plan in short: where it stands and its tasks by state, a page of them."""
    plan = view.plan
    done = sum(row.state is TaskState.DONE for row in view.rows)
    told = _task_texts(view.rows[start : start + PAGE])
    shown, following = page_of(told, start, len(view.rows), _LIST_CHARACTERS)
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
    return facts | following | {"next": next_for_plan(view)}


def page_of(
    rows: Sequence[JsonValue], start: int, total: int, characters: int = 5_500
) -> tuple[list[JsonValue], dict[str, Any]]:
    """Return as many rows as a short answer holds, and how to get the rest where there is one.

    Args:
        rows: what comes from `start` on, at least as much as a page shows.
        start: how many rows came before.
        total: how many there are in all.
        characters: how long the rows may be together; one row is always shown.
    """
    ends = accumulate(weight(json.dumps(row, ensure_ascii=False)) + 1 for row in rows)
    count = max(1, sum(end <= characters for end in ends))
    shown = [*rows[:count]]
    left = total - start - len(shown)
    return shown, {"more": left, "cursor": str(start + len(shown))} if left > 0 else {}


def _task_texts(rows: Sequence[TaskRow]) -> list[str]:
    """Return tasks as `id title`, with titles so long that a page holds them all, if it can."""
    told: list[str] = []
    for limit in _TITLES:
        told = [f"{row.id} {shortened(row.title, limit)}" for row in rows]
        if sum(weight(text) + 3 for text in told) <= _LIST_CHARACTERS:
            break
    return told


def _by_state(rows: Iterable[TaskRow], told: Iterable[JsonValue]) -> dict[str, list[JsonValue]]:
    groups: dict[str, list[JsonValue]] = {}
    for row, text in zip(rows, told, strict=False):
        groups.setdefault("ready" if row.ready else row.state, []).append(text)
    return groups


def next_for_plan(view: PlanView) -> str:
    """Return what to do now with a plan, as a call."""
    plan_id = view.plan.id
    match view.state:
        case PlanState.DRAFT:
            return f"plan_approve {plan_id} {view.version}"
        case PlanState.REJECTED:
            return f"plan_update {plan_id}: it was rejected"
        case PlanState.APPROVED:
            return f"task_next {plan_id} to do the tasks yourself, or run_start {plan_id}"
        case PlanState.RUNNING:
            return "run_status"
        case PlanState.DONE:
            return f"plan_check {plan_id}"


def finding_facts(finding: Finding) -> dict[str, Any]:
    """Return a finding in short; who said it is part of it, for its text is not ours."""
    facts: dict[str, Any] = {
        "id": finding.id,
        "at": f"{finding.path}:{finding.range.start.line}",
        "severity": finding.severity,
        "message": one_line(finding.message, 400),
        "by": finding.said_by,
        "status": finding.status,
    }
    if finding.task_id:
        facts["task"] = f"{finding.plan_id}/{finding.task_id}"
    return facts | ({"reason": finding.reason} if finding.reason else {})


def run_facts(status: RunStatus) -> dict[str, Any]:
    """Return a run in short: its state, its tasks by phase, and what went wrong."""
    phases: dict[str, list[str]] = {}
    for task in status.tasks:
        phases.setdefault(task.phase, []).append(task.id)
    facts: dict[str, Any] = {
        "run": status.run_id,
        "plan": status.plan_id,
        "state": status.state,
        "done": f"{status.done}/{len(status.tasks)}",
        "tasks": phases,
    }
    if problems := _problems(status.tasks):
        facts["problems"] = problems
    return facts


def start_of(cursor: str | None) -> int:
    """Return where a page begins.

    Raises:
        ValidationError: the cursor is none that a list gave out.
    """
    if not cursor:
        return 0
    if cursor.isascii() and cursor.isdigit() and len(cursor) <= 9:
        return int(cursor)
    raise ValidationError(f"{cursor!r} is no cursor", hints=["leave it out for the first page"])


def task_name(plan: Plan, task_id: str) -> str:
    """Return the name by which a task is found whatever other plans there are."""
    return f"{plan.id}/{task_id}"


def _problems(tasks: Sequence[TaskStatus]) -> dict[str, str]:
    return {task.id: one_line(task.problem, 300) for task in tasks if task.problem}
