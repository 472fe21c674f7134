"""plan.update: edit a plan atomically; changing an approved plan revokes its approval."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, assert_never

from pydantic import Field, ValidationError

from podium.entities.plans import find_plan, store_plan
from podium.errors import InvalidPlan, WriteConflict
from podium.model.base import Frozen, to_json
from podium.model.events import Event, EventKind
from podium.model.ids import Kind, resolve
from podium.model.plans import Plan, Task, TaskDiff, diff_tasks, short_version
from podium.model.rules.graph import check_tasks
from podium.model.rules.validation import sentences
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.views import PlanView, plan_view
from podium.store import Transaction


class AddTask(Frozen):
    """Add a task at the end, or after another task."""

    op: Literal["add"] = "add"
    task: Task
    after: str = ""


class DropTask(Frozen):
    """Drop a task that no other task requires."""

    op: Literal["drop"] = "drop"
    task_id: str


class ChangeTask(Frozen):
    """Replace fields of a task."""

    op: Literal["change"] = "change"
    task_id: str
    fields: dict[str, Any]


class ReorderTasks(Frozen):
    """Move these tasks to the front, in this order; the others keep their order."""

    op: Literal["order"] = "order"
    task_ids: tuple[str, ...]


class ChangeText(Frozen):
    """Replace the objective or the summary."""

    op: Literal["text"] = "text"
    objective: str = ""
    summary: str | None = None


Edit = Annotated[
    AddTask | DropTask | ChangeTask | ReorderTasks | ChangeText, Field(discriminator="op")
]


class UpdateParams(Frozen):
    """Parameters of `plan.update`."""

    plan: str = Field(default="", description="id or unique prefix; by default the newest plan")
    edits: tuple[Edit, ...] = Field(min_length=1, description="the edits, in order")
    version: str = Field(default="", description="refuse unless the plan has this version")


class PlanChange(Frozen):
    """The plan after the edits, and the differences."""

    view: PlanView
    former_version: str
    changes: tuple[TaskDiff, ...]


@operation("plan.update", Effect.WRITE)
async def update(engine: Engine, params: UpdateParams) -> PlanChange:
    """Edit a plan: add, drop, change or reorder tasks; applies all edits or none.

    Raises:
        InvalidPlan: the plan would break the rules; the message lists every problem.
        WriteConflict: the plan no longer has the expected version.
        PlanNotFound, TaskNotFound: an id is unknown.
    """

    def edit_plan(tx: Transaction) -> tuple[Plan, Plan]:
        old = find_plan(tx, params.plan)
        _check_version(old, params.version)
        new = old
        for edit in params.edits:
            new = _apply(new, edit)
        check_tasks(new.tasks)
        new = store_plan(tx, new)
        if new.version != old.version:
            message = f"{short_version(old.version)} → {short_version(new.version)}"
            tx.record(Event(kind=EventKind.PLAN_CHANGED, subject=new.id, message=message))
        return old, new

    old, new = engine.store.transact(edit_plan)
    return PlanChange(
        view=plan_view(engine.store, new),
        former_version=short_version(old.version),
        changes=diff_tasks(old, new),
    )


def _check_version(plan: Plan, wanted: str) -> None:
    if wanted and not plan.version.startswith(wanted):
        raise WriteConflict(
            f"Plan {plan.id} no longer has version {wanted}",
            why=f"its version is {short_version(plan.version)}",
            hints=[f"podium show {plan.id}"],
        )


def _apply(plan: Plan, edit: Edit) -> Plan:
    match edit:
        case AddTask():
            return _with_tasks(plan, _insert(plan, edit))
        case DropTask():
            gone = _resolve(plan, edit.task_id)
            return _with_tasks(plan, [task for task in plan.tasks if task.id != gone])
        case ChangeTask():
            changed = _resolve(plan, edit.task_id)
            return _with_tasks(
                plan,
                [_changed(t, edit.fields) if t.id == changed else t for t in plan.tasks],
            )
        case ReorderTasks():
            first = [_resolve(plan, each) for each in edit.task_ids]
            rest = [task for task in plan.tasks if task.id not in first]
            return _with_tasks(plan, [*(plan.task(each) for each in first), *rest])
        case ChangeText():
            return _with_text(plan, edit)
        case _:
            assert_never(edit)


def _insert(plan: Plan, edit: AddTask) -> list[Task]:
    tasks = [*plan.tasks]
    place = len(tasks)
    if edit.after:
        after = _resolve(plan, edit.after)
        place = [task.id for task in tasks].index(after) + 1
    tasks.insert(place, edit.task)
    return tasks


def _changed(task: Task, fields: dict[str, Any]) -> Task:
    try:
        return Task.model_validate({**to_json(task), **fields})
    except ValidationError as error:
        raise InvalidPlan(
            [f"task {task.id!r}: {each}" for each in sentences(error, Task)]
        ) from error


def _with_tasks(plan: Plan, tasks: Sequence[Task]) -> Plan:
    return plan.model_copy(update={"tasks": tuple(tasks)})


def _with_text(plan: Plan, edit: ChangeText) -> Plan:
    changes: dict[str, str] = {}
    if edit.objective.strip():
        changes["objective"] = edit.objective.strip()
    if edit.summary is not None:
        changes["summary"] = edit.summary
    return plan.model_copy(update={"header": plan.header.model_copy(update=changes)})


def _resolve(plan: Plan, wanted: str) -> str:
    return resolve(Kind.TASK, wanted, [task.id for task in plan.tasks])
