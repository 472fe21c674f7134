"""task.unchanged: confirm that a task is done although no file changed."""

from pydantic import Field

from podium.entities.tasks import find_task, load_progress
from podium.model import layout
from podium.model.base import Frozen
from podium.model.events import Event, EventKind
from podium.model.plans import Plan, Task
from podium.model.progress import TaskProgress
from podium.operations.confirmation import Confirmation, Fact
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person
from podium.operations.task.changes import (
    changes_of,
    is_unchanged_confirmed,
    unchanged_word,
)
from podium.operations.task.show import TaskView, task_view
from podium.store import Transaction
from podium.views.steps import Step

_DEED = "confirm that no file had to change"


class UnchangedParams(Frozen):
    """Parameters of `task.unchanged`."""

    task: str = Field(description="id, unique prefix, or plan/task")


async def confirm(engine: Engine, params: UnchangedParams) -> Confirmation | None:
    """Ask whether a task without changes can be done; return None if it changed a file."""
    plan, task = find_task(engine.store, params.task)
    if not await _is_open(engine, plan, task):
        return None
    name = f"{plan.id}/{task.id}"
    return Confirmation(
        operation="task.unchanged",
        effect=Effect.WRITE,
        subject=f"task {name}",
        question=f"Task {name}: 0 files changed. Is it done nevertheless?",
        brief="No file changed. Is the task done nevertheless?",
        yes="No file had to change",
        deed=_DEED,
        facts=(Fact(label="Task", values=(task.title,), quoted=True),),
        read_first=Step(operation="task.show", params={"task": name}),
        bound=UnchangedParams(task=name),
    )


@operation("task.unchanged", Effect.WRITE, confirm=confirm)
async def unchanged(engine: Engine, params: UnchangedParams) -> TaskView:
    """Record a person's word that a task is done although no file changed.

    Raises:
        NotApproved: the requester is not a person.
        TaskNotFound: no task has this id.
    """
    plan, task = find_task(engine.store, params.task)
    if await _is_open(engine, plan, task):
        require_person(engine, _DEED)
        engine.store.transact(lambda tx: _record(tx, engine, plan, task))
    return task_view(engine, plan.id, task.id)


async def _is_open(engine: Engine, plan: Plan, task: Task) -> bool:
    progress = load_progress(engine.store, plan.id).get(task.id, TaskProgress())
    files = await changes_of(engine, plan, task, progress)
    return files == () and not is_unchanged_confirmed(progress)


def _record(tx: Transaction, engine: Engine, plan: Plan, task: Task) -> None:
    row = tx.get(layout.progress(plan.id, task.id)) or TaskProgress()
    word = unchanged_word(engine, engine.actor)
    tx.put(
        layout.progress(plan.id, task.id),
        row.model_copy(update={"evidence": (*row.evidence, word)}),
    )
    tx.record(
        Event(
            kind=EventKind.TASK_CHANGED,
            subject=f"{plan.id}/{task.id}",
            message="confirmed that no file had to change",
            data={"state": row.state, "percent": row.percent},
        )
    )
