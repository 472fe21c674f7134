"""plan_update: edits a plan, all edits or none."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from podium.errors import TaskNotFound
from podium.model.plans import Plan
from podium_mcp.context.calls import Call
from podium_mcp.presenters.plans import plan_facts
from podium_mcp.presenters.results import Facts
from podium_mcp.tools.arguments import Id, few
from podium_mcp.tools.plans.task_documents import free_id, task_document
from podium_mcp.tools.tool import Hint, Input, Tool


class Edit(Input):
    """One edit of a plan."""

    op: Literal["add", "set", "drop", "first"]
    task: Id | None = Field(None, description="task to set, drop, put first or add after")
    fields: dict[str, Any] | None = Field(
        None, description="of a task as in plan_create; without task: objective, summary"
    )


class PlanUpdate(Input):
    """The arguments of plan_update."""

    plan: Id
    version: Id = Field(description="as last read")
    edits: Annotated[list[Edit], AfterValidator(lambda v: few(v, 200))]


async def plan_update(call: Call, given: PlanUpdate) -> Facts:
    """Edit a plan atomically."""
    view = await call.operate("plan.show", plan=given.plan)
    edits = [edit for each in given.edits for edit in _edits(each, view.plan, call.project.folder)]
    change = await call.operate(
        "plan.update", plan=view.plan.id, version=given.version, edits=edits
    )
    changes = [f"{each.change} {each.id}" for each in change.changes]
    return {"changes": changes} | plan_facts(change.view)


def _edits(edit: Edit, plan: Plan, root: Path) -> list[dict[str, Any]]:
    fields = task_document(edit.fields or {}, root)
    match edit.op:
        case "add":
            taken = {task.id for task in plan.tasks}
            fields.setdefault("id", free_id(taken, len(taken) + 1))
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
        raise TaskNotFound(f"The edit {edit.op!r} needs a task", hints=[f"plan_get {plan.id}"])
    return edit.task


TOOL = Tool(
    name="plan_update",
    order=30,
    description="Edit a plan, all edits or none. It needs approval again.",
    hint=Hint.ADDS,
    input=PlanUpdate,
    handler=plan_update,
    serves={"plan.update": "plan_update {plan}"},
)
