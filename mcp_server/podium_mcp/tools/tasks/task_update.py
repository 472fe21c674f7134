"""task_update: updates a task; done is accepted only if the checks pass."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from podium.errors import InternalError, ValidationError
from podium.model.states import TaskState
from podium.operations.commands import Step
from podium.operations.perform import Performed
from podium.operations.task.show import TaskView
from podium_mcp.context.calls import Call
from podium_mcp.presenters.results import Facts
from podium_mcp.presenters.tasks import progress_facts, task_facts
from podium_mcp.tools.arguments import Id, Text, at_most, few
from podium_mcp.tools.tool import Hint, Input, Tier, Tool


class Shown(Input):
    """Evidence that the server verifies: a file and a string in it."""

    criterion: Id | None = Field(None, description="default: all")
    file: Annotated[str, at_most(1024)]
    contains: Text


class TaskUpdate(Input):
    """The arguments of task_update."""

    task: Id = Field(description="plan/task")
    state: Literal["done", "blocked", "failed", "pending"] | None = None
    percent: int | None = None
    note: Text | None = Field(None, description="what later tasks should know")
    reason: Text | None = Field(None, description="required if state is blocked or failed")
    evidence: Annotated[list[Shown], AfterValidator(lambda v: few(v, 50))] | None = Field(
        None, description="files that show criteria without a command"
    )
    doubts: dict[Annotated[str, at_most(1024)], Text] | None = Field(
        None, description="for listed doubts that are intended: path:line, what replaces it"
    )
    ask_person: bool = Field(False, description="confirm criteria without evidence")
    lease: Id | None = Field(None, description="from task_next; needed after a restart")


async def task_update(call: Call, given: TaskUpdate) -> Facts:
    """Update a task; done is accepted only if the checks pass."""
    if call.project.shared and not given.lease:
        raise ValidationError(
            "The lease is missing",
            why="several hosts share this server, and the lease shows which one claimed the task",
            hints=["task_update with the lease that task_next returned"],
        )
    if given.state == "done":
        return _after(await _complete(call, given))
    if given.evidence:
        raise ValidationError(
            "Evidence is only accepted with state=done", hints=["task_update done"]
        )
    view = await call.operate(
        "task.update",
        task=given.task,
        state=given.state,
        percent=given.percent,
        note=given.note,
        reason=given.reason,
        lease=given.lease,
    )
    return _after(view)


async def _complete(call: Call, given: TaskUpdate) -> TaskView:
    wanted: dict[str, Any] = {
        "task": given.task,
        "evidence": [_evidence(each) for each in given.evidence or []],
        "confirm": given.doubts or {},
        "note": given.note,
        "lease": given.lease,
        "ask_person": given.ask_person,
    }
    outcome = await call.perform("task.complete", **wanted)
    if not isinstance(outcome, Performed):
        raise InternalError("task.complete needs no consent of its own")
    view: TaskView = outcome.result
    return view


def _evidence(shown: Shown) -> dict[str, str]:
    return {
        "criterion": shown.criterion or "",
        "file": shown.file,
        "contains": shown.contains,
    }


def _after(view: TaskView) -> Facts:
    if view.progress.state not in (TaskState.DONE, TaskState.RUNNING):
        return {key: value for key, value in task_facts(view).items() if key != "history"}
    name = f"{view.plan_id}/{view.task.id}"
    facts: Facts = {"task": name, "state": view.progress.state}
    facts |= progress_facts(view.progress, view.missing)
    if view.progress.state is TaskState.DONE:
        return facts | {"next": (Step(operation="task.claim", params={"plan": view.plan_id}),)}
    return facts | {"next": view.next_steps}


TOOL = Tool(
    name="task_update",
    order=80,
    description=(
        "Update a task. done runs the checks and is refused, with the reason, "
        "until every criterion is met."
    ),
    hint=Hint.SETTLES,
    input=TaskUpdate,
    handler=task_update,
    tier=Tier.CORE,
    hot=True,
    serves={
        "task.complete": "do it, then task_update {task} state=done",
        "task.update": "task_update {task}",
    },
)
