"""task.vouch: confirm the criteria of a task that have no other evidence."""

from pydantic import Field

from podium.entities.access import Reader
from podium.entities.tasks import find_task, load_progress
from podium.errors import NotApproved, WriteConflict
from podium.model import layout
from podium.model.base import Frozen
from podium.model.events import Event, EventKind
from podium.model.plans import Plan, Task
from podium.model.progress import (
    JUDGED_KINDS,
    Evidence,
    TaskProgress,
    WordGiven,
    missing_evidence,
)
from podium.operations.confirmation import Confirmation, Fact
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person
from podium.operations.plan.decisions import require_approved
from podium.operations.task.changes import changes_fact, changes_of
from podium.operations.task.show import TaskView, task_view
from podium.store import Transaction
from podium.views.steps import Step

_DEED = "confirm a criterion"
_WORD = "confirmed in a dialog"


class VouchParams(Frozen):
    """Parameters of `task.vouch`."""

    task: str = Field(description="id, unique prefix, or plan/task")
    criteria: tuple[str, ...] = Field(
        default=(),
        description="the shown criteria; by default all that only a person can confirm",
    )


async def confirm(engine: Engine, params: VouchParams) -> Confirmation | None:
    """Ask about the criteria without evidence or a command; return None if there are none."""
    plan, task = find_task(engine.store, params.task)
    criteria = _unproven(engine.store, plan, task)
    if not criteria:
        return None
    name = f"{plan.id}/{task.id}"
    progress = load_progress(engine.store, plan.id).get(task.id, TaskProgress())
    texts = tuple(f"{each.id}: {each.text}" for each in task.acceptance if each.id in criteria)
    missing = missing_evidence(task, progress.evidence)
    files = await changes_of(engine, plan, task, progress)
    is_approved = _is_approved(engine.store, plan)
    return Confirmation(
        operation="task.vouch",
        effect=Effect.WRITE,
        subject=f"task {name}",
        question=f"Task {name}: are its criteria {', '.join(criteria)} met? "
        "There is no other evidence.",
        brief="Are these criteria met? There is no other evidence.",
        yes="Confirm",
        deed=_DEED,
        facts=(
            Fact(label="Criteria", values=texts, quoted=True, is_approved=is_approved),
            changes_fact(files),
            Fact(label="Not shown", values=missing),
        ),
        read_first=Step(operation="task.show", params={"task": name}),
        bound=VouchParams(task=name, criteria=criteria),
    )


@operation("task.vouch", Effect.WRITE, confirm=confirm)
async def vouch(engine: Engine, params: VouchParams) -> TaskView:
    """Confirm the criteria of a task that have neither evidence nor a command.

    Raises:
        NotApproved: the requester is not a person.
        WriteConflict: the open criteria differ from those that were shown.
        TaskNotFound: no task has this id.
    """
    plan, task = find_task(engine.store, params.task)
    if _unproven(engine.store, plan, task):
        require_person(engine, _DEED)
        engine.store.transact(lambda tx: _record(tx, engine, plan, task, params.criteria))
    return task_view(engine, plan.id, task.id)


def _is_approved(reader: Reader, plan: Plan) -> bool:
    try:
        require_approved(reader, plan)
    except NotApproved:
        return False
    return True


def _unproven(reader: Reader, plan: Plan, task: Task) -> tuple[str, ...]:
    """Return the criteria that only a person can confirm."""
    evidence = load_progress(reader, plan.id).get(task.id, TaskProgress()).evidence
    judged = {each.id for each in task.acceptance if each.kind in JUDGED_KINDS}
    return tuple(each for each in missing_evidence(task, evidence) if each in judged)


def _record(
    tx: Transaction, engine: Engine, plan: Plan, task: Task, shown: tuple[str, ...]
) -> None:
    criteria = _unproven(tx, plan, task)
    if shown and shown != criteria:
        raise WriteConflict(
            f"The open criteria of task {plan.id}/{task.id} have changed",
            why=f"you were shown {', '.join(shown)}; now they are {', '.join(criteria) or 'none'}",
            hints=[f"podium task {plan.id}/{task.id}"],
        )
    row = tx.get(layout.progress(plan.id, task.id)) or TaskProgress()
    words = tuple(
        Evidence(
            criterion=each,
            shown=WordGiven(text=_WORD),
            by=engine.actor,
            at=engine.clock.now(),
        )
        for each in criteria
    )
    after = row.model_copy(update={"evidence": (*row.evidence, *words)})
    tx.put(layout.progress(plan.id, task.id), after)
    tx.record(
        Event(
            kind=EventKind.TASK_CHANGED,
            subject=f"{plan.id}/{task.id}",
            message=f"confirmed {', '.join(criteria)}",
            data={"state": row.state, "percent": row.percent},
        )
    )
