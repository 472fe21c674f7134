"""Tools about plans."""

import itertools
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from podium.errors import TaskNotFound, ValidationError
from podium.model.plans import Plan
from podium.model.progress import PlanCheck
from podium.model.states import PlanState
from podium.operations.views import PlanView
from podium_mcp.context.calls import Call, operate
from podium_mcp.presenters.paging import page_of, start_of
from podium_mcp.presenters.plans import next_for_plan, plan_facts, whole_plan_facts
from podium_mcp.presenters.results import IN_FULL, Facts
from podium_mcp.presenters.tasks import task_facts
from podium_mcp.sanitize import one_line
from podium_mcp.tools.arguments import (
    Edit,
    OnePlan,
    PlanApprove,
    PlanCreate,
    PlanExport,
    PlanGet,
    PlanUpdate,
)

_EXPORT_CHARACTERS = 40_000
_MOST_REASONS = 30


async def plan_create(call: Call, given: PlanCreate) -> Facts:
    """Draft a plan from an objective and its tasks."""
    if not given.tasks:
        raise ValidationError(
            "A plan needs tasks",
            why="you draft them: small, each with criteria and the files it touches",
            hints=["plan_create with tasks", 'podium plan "…" --agent NAME lets an agent draft'],
        )
    tasks = [
        task_document(task.model_dump(exclude_none=True), call.project.folder)
        for task in given.tasks
    ]
    _name(tasks)
    draft = {"summary": given.summary or "", "tasks": tasks}
    view = await call.operate("plan.create", objective=given.objective, tasks=draft)
    return plan_facts(view)


async def plan_get(call: Call, given: PlanGet) -> Facts:
    """Read one plan, one of its tasks, or the list of plans."""
    start = start_of(given.cursor)
    if given.task is not None:
        name = f"{given.plan}/{given.task}" if given.plan and "/" not in given.task else given.task
        return task_facts(await call.operate("task.show", task=name))
    if given.plan is None:
        return await _plan_list(call, start)
    view = await call.operate("plan.show", plan=given.plan)
    return plan_facts(view, start) if given.detail == "brief" else whole_plan_facts(view)


async def plan_update(call: Call, given: PlanUpdate) -> Facts:
    """Edit a plan: all edits or none."""
    view = await call.operate("plan.show", plan=given.plan)
    edits = [edit for each in given.edits for edit in _edits(each, view.plan, call.project.folder)]
    change = await call.operate(
        "plan.update", plan=view.plan.id, version=given.version, edits=edits
    )
    changes = [f"{each.change} {each.id}" for each in change.changes]
    return {"changes": changes} | plan_facts(change.view)


async def plan_approve(call: Call, given: PlanApprove) -> Facts:
    """Put a plan before the person; nobody else can approve it."""
    view = await call.operate("plan.show", plan=given.plan)
    if not given.version or not view.plan.version.startswith(given.version):
        raise ValidationError(
            f"Plan {view.plan.id} is at version {view.version}, not {given.version}",
            why="approval is for the very version that was read",
            hints=[f"plan_get {view.plan.id}, then plan_approve with its version"],
        )
    if view.state not in (PlanState.DRAFT, PlanState.REJECTED):
        return _approved(view)
    if not call.asker.can_ask:
        return {
            "plan": view.plan.id,
            "state": view.state,
            "approved": False,
            "why": "this host cannot ask the person, and only a person can approve",
            "next": f"ask the person to run `podium approve {view.plan.id}` in a terminal",
        }
    if not await call.asker.confirm(f"approve-{view.plan.id}", approval_question(view)):
        return {
            "plan": view.plan.id,
            "state": view.state,
            "approved": False,
            "next": "ask the person what to change, then plan_update",
        }
    with call.project.as_person() as engine:
        agreed = view.plan.version
        return _approved(await operate(engine, "plan.approve", plan=view.plan.id, version=agreed))


async def plan_check(call: Call, given: OnePlan) -> Facts:
    """Judge completeness."""
    verdict: PlanCheck = await call.operate("plan.check", plan=given.plan)
    facts: Facts = {
        "plan": verdict.plan_id,
        "complete": verdict.complete,
        "done": f"{verdict.done}/{verdict.total}",
        "open": list(verdict.reasons[:_MOST_REASONS]),
    }
    if len(verdict.reasons) > _MOST_REASONS:
        facts["more"] = len(verdict.reasons) - _MOST_REASONS
    if verdict.complete:
        return facts | {"next": "tell the person; podium land brings what a run made"}
    return facts | {"next": f"task_next {verdict.plan_id}"}


async def plan_export(call: Call, given: PlanExport) -> Facts:
    """Write a plan down, into a file of the project or into the answer."""
    exported = await call.operate(
        "plan.export", plan=given.plan, format=given.format, path=given.path
    )
    if exported.path:
        return {"plan": exported.plan_id, "path": exported.path, "next": "tell the person"}
    text = exported.text[:_EXPORT_CHARACTERS]
    return {"plan": exported.plan_id, "text": text, "next": "name a path to write it", IN_FULL: 1}


def approval_question(view: PlanView) -> str:
    """Return what the person is asked: counted here, without a word of any model."""
    plan = view.plan
    commands = sum(bool(c.command) for task in plan.tasks for c in task.acceptance)
    files = {path for task in plan.tasks for path in task.files.all}
    return (
        f"Approve plan {plan.id}, version {view.version}? "
        f"Tasks: {len(plan.tasks)}. Declared files: {len(files)}. "
        f"Commands run as checks: {commands}. Estimate: {view.estimate.total_minutes:.0f} min. "
        f"To read it first: podium show {plan.id}"
    )


def task_document(fields: Mapping[str, JsonValue], root: Path) -> dict[str, Any]:
    """Return a task's fields as the engine names them; files are told apart by what exists."""
    document: dict[str, Any] = {k: v for k, v in fields.items() if k not in ("files", "accept")}
    if isinstance(files := fields.get("files"), list):
        paths = [str(path) for path in files]
        there = [path for path in paths if _exists(root, path)]
        new = [path for path in paths if path not in there]
        document["files"] = {"create": new, "modify": there}
    if isinstance(accept := fields.get("accept"), list):
        document["acceptance"] = [_criterion(each, n) for n, each in enumerate(accept, 1)]
    return document


def _approved(view: PlanView) -> Facts:
    return {
        "plan": view.plan.id,
        "version": view.version,
        "state": view.state,
        "approved": True,
        "next": next_for_plan(view),
    }


async def _plan_list(call: Call, start: int) -> Facts:
    found = await call.operate("plan.list", limit=1000)
    rows = [
        f"{row.id} {row.state} {row.done}/{row.total} {one_line(row.objective, 60)}"
        for row in found.plans[start:]
    ]
    shown, following = page_of(rows, start, found.total)
    then = f"plan_get {found.plans[start].id}" if rows else "plan_create"
    return {"plans": shown} | following | {"next": then}


def _edits(edit: Edit, plan: Plan, root: Path) -> list[dict[str, Any]]:
    fields = task_document(edit.fields or {}, root)
    match edit.op:
        case "add":
            taken = {task.id for task in plan.tasks}
            fields.setdefault("id", _free_id(taken, len(taken) + 1))
            return [{"op": "add", "task": fields, "after": edit.task or ""}]
        case "set" if edit.task is None:
            texts = {k: v for k, v in fields.items() if k in ("objective", "summary")}
            return [{"op": "text", **texts}]
        case "set":
            return [{"op": "change", "task_id": _task(plan, edit), "fields": fields}]
        case "drop":
            return [{"op": "drop", "task_id": _task(plan, edit)}]
        case "first":
            return [{"op": "order", "task_ids": [_task(plan, edit)]}]


def _task(plan: Plan, edit: Edit) -> str:
    if not edit.task:
        raise TaskNotFound(f"The edit {edit.op!r} names no task", hints=[f"plan_get {plan.id}"])
    return edit.task


def _name(tasks: list[dict[str, Any]]) -> None:
    """Give every task without an id one of its own: t1, t2, … by its place."""
    taken = {task["id"] for task in tasks if "id" in task}
    for place, task in enumerate(tasks, 1):
        task.setdefault("id", _free_id(taken, place))
        taken.add(task["id"])


def _free_id(taken: Collection[str], place: int) -> str:
    return next(f"t{n}" for n in itertools.count(place) if f"t{n}" not in taken)


def _exists(root: Path, path: str) -> bool:
    """Tell whether a file is there; whether the path is acceptable is judged by the engine."""
    try:
        return ".." not in Path(path).parts and (root / path).exists()
    except (OSError, ValueError):
        return False


def _criterion(written: JsonValue, number: int) -> JsonValue:
    if isinstance(written, str):
        written = {"text": written}
    return {"id": f"c{number}", **written} if isinstance(written, dict) else written
