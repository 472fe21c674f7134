"""Reads and writes plans and their approvals."""

from collections.abc import Collection

from podium.entities.access import Reader, Writer
from podium.entities.references import check_complete, check_not_orphaned
from podium.entities.signing import is_approval_signed_here
from podium.errors import PlanNotFound
from podium.model import layout
from podium.model.documents import Key
from podium.model.ids import Kind, resolve
from podium.model.plans import Approval, Plan, PlanHeader, Task
from podium.model.rules.graph import check_tasks


def plan_ids(reader: Reader) -> list[str]:
    """Return the ids of all plans, newest first."""
    headers = reader.list(layout.plan_headers()).values()
    return [h.id for h in sorted(headers, key=lambda h: (h.created_at, h.id), reverse=True)]


def load_plan(reader: Reader, plan_id: str) -> Plan:
    """Return the plan with exactly this id.

    Raises:
        PlanNotFound: there is no such plan.
        DocumentMissing: the plan's own file or a task's file was deleted.
    """
    plan = load_plan_as_is(reader, plan_id)
    check_complete(plan.header, plan.tasks)
    return plan


def load_plan_as_is(reader: Reader, plan_id: str) -> Plan:
    """Return the plan with exactly this id, without tasks whose files were deleted.

    For lists of plans, so that one incomplete plan does not make them fail.

    Raises:
        PlanNotFound: there is no such plan.
        DocumentMissing: the plan's own file was deleted.
    """
    header = reader.get(layout.plan_header(plan_id))
    if header is None:
        check_not_orphaned(reader, layout.tasks(plan_id), "plan.json", plan_id)
        raise PlanNotFound(f"There is no plan {plan_id!r}", hints=["podium plans lists them"])
    return assemble(header, reader.list(layout.tasks(plan_id)).values())


def all_plans(reader: Reader) -> tuple[Plan, ...]:
    """Return all plans, newest first, without tasks whose files were deleted."""
    return tuple(load_plan_as_is(reader, each) for each in plan_ids(reader))


def assemble(header: PlanHeader, tasks: Collection[Task]) -> Plan:
    """Build a plan from its documents; tasks missing from the task order come last.

    When two branches each add a task, git merges the files but possibly not the order.
    """
    place = {task_id: index for index, task_id in enumerate(header.task_order)}
    ordered = sorted(tasks, key=lambda task: (place.get(task.id, len(place)), task.id))
    return Plan(header=header, tasks=tuple(ordered))


def store_plan(writer: Writer, plan: Plan) -> Plan:
    """Write a plan, delete the tasks that it no longer contains, and return the stored plan."""
    order = tuple(task.id for task in plan.tasks)
    header = plan.header.model_copy(update={"task_order": order})
    for path, task in writer.list(layout.tasks(plan.id)).items():
        if task.id not in order:
            writer.delete(Key(path, Task))
            writer.delete(layout.progress(plan.id, task.id))
    writer.put(layout.plan_header(plan.id), header)
    for task in plan.tasks:
        writer.put(layout.task(plan.id, task.id), task)
    return plan.model_copy(update={"header": header})


def find_plan(reader: Reader, id_or_prefix: str) -> Plan:
    """Return the plan with an id or id prefix, or the newest plan if `id_or_prefix` is empty.

    Raises:
        PlanNotFound: there is no such plan.
        DocumentMissing: the plan's own file or a task's file was deleted.
        AmbiguousId: several plans match.
    """
    ids = plan_ids(reader)
    if not any(id_or_prefix in each for each in ids):
        check_not_orphaned(reader, layout.all_tasks(), "plan.json", id_or_prefix)
    if id_or_prefix:
        return load_plan(reader, resolve(Kind.PLAN, id_or_prefix, ids))
    if not ids:
        raise PlanNotFound(
            "There is no plan yet", hints=['podium plan "describe the work" drafts one']
        )
    return load_plan(reader, ids[0])


def load_approval(reader: Reader, plan_id: str) -> Approval | None:
    """Return the decision on any version of a plan.

    Decisions made on other machines are ignored.
    """
    approval = reader.get(layout.approval(plan_id))
    return approval if approval is not None and is_approval_signed_here(plan_id, approval) else None


def check_plan_rules(plan: Plan) -> None:
    """Validate a plan again; it may have been edited by hand or merged.

    Raises:
        InvalidPlan: the plan breaks a rule; the error lists all problems.
    """
    check_tasks(plan.tasks)
