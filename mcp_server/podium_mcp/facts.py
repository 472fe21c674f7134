"""The engine's values as facts for a model: short names, short lists; knows no transport."""

from collections.abc import Iterable, Sequence
from typing import Any

from podium.errors import ValidationError
from podium.model.findings import Finding
from podium.model.plans import Plan
from podium.model.states import PlanState, TaskState
from podium.operations.run.status import RunStatus, TaskStatus
from podium.operations.views import PlanView, TaskRow
from podium_mcp.texts import one_line

TITLE = 60
PAGE = 100


def plan_facts(view: PlanView, start: int = 0) -> dict[str, Any]:
    """Return a plan in short: where it stands and its tasks by state, a page of them."""
    plan = view.plan
    done = sum(row.state is TaskState.DONE for row in view.rows)
    page = view.rows[start : start + PAGE]
    facts: dict[str, Any] = {
        "plan": plan.id,
        "version": view.version,
        "state": view.state,
        "objective": one_line(plan.objective, 300),
        "done": f"{done}/{len(view.rows)}",
        "tasks": task_groups(page),
    }
    if plan.header.warnings:
        facts["warnings"] = list(plan.header.warnings)
    return facts | more(start, len(page), len(view.rows)) | {"next": next_for_plan(view)}


def task_groups(rows: Iterable[TaskRow]) -> dict[str, list[str]]:
    """Return tasks as `id title` under their states, in plan order."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        state = "ready" if row.ready else row.state
        groups.setdefault(state, []).append(f"{row.id} {one_line(row.title, TITLE)}")
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


def more(start: int, shown: int, total: int) -> dict[str, Any]:
    """Return how to get the rest of a list, when there is one."""
    left = total - start - shown
    return {"more": left, "cursor": str(start + shown)} if left > 0 else {}


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
