"""task.update: change the progress, state and evidence of a task."""

import anyio.to_thread
from pydantic import Field

from podium.entities.runs import active_run
from podium.entities.tasks import find_task
from podium.errors import ConflictError, ValidationError
from podium.gates.command import run_command
from podium.model import layout
from podium.model.base import Frozen
from podium.model.events import Actor, Event, EventKind
from podium.model.plans import Plan, Task
from podium.model.progress import (
    CommandShown,
    Evidence,
    FileShown,
    Shown,
    TaskProgress,
    WordGiven,
    check_lease,
    move,
)
from podium.model.sandbox import CommandKind
from podium.model.states import TaskState
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.operations.permissions import require_person
from podium.operations.task.show import TaskView, task_view
from podium.platform.sandbox.places import confine_command
from podium.projects.project_files import check_file_contains
from podium.projects.sandbox import project_sandbox
from podium.store import Transaction
from podium.words import counted

COMMAND_SECONDS = 900.0


class UpdateParams(Frozen):
    """Parameters of `task.update`."""

    task: str = Field(description="id, unique prefix, or plan/task")
    state: TaskState | None = Field(default=None, description="new state")
    percent: int | None = Field(default=None, ge=0, le=100, description="progress in percent")
    note: str | None = Field(default=None, description="a note; replaces the previous one")
    reason: str = Field(default="", description="reason why it is blocked, failed, skipped …")
    criterion: str = Field(
        default="", description="criterion that the evidence proves; by default all"
    )
    word: str = Field(default="", description="evidence: your own confirmation")
    command: tuple[str, ...] = Field(default=(), description="evidence: exit code of this command")
    file: str = Field(default="", description="evidence: this file of the project …")
    contains: str = Field(default="", description="… contains this text")
    lease: str = Field(default="", description="token of the claim, after a restart")


@operation("task.update", Effect.WRITE)
async def update(engine: Engine, params: UpdateParams) -> TaskView:
    """Update a task: state, percent, note, or evidence for its criteria.

    Raises:
        StateTransitionError: the transition is not allowed; the message lists the legal ones.
        EvidenceMissing: the new state is `done`, but a criterion has no evidence.
        NotApproved: only a person can confirm a criterion.
        ConflictError: another agent holds the task, or a run controls its state.
        ValidationError: the evidence is invalid, or a blocked task has no reason.
        SandboxUnavailable: the settings require a sandbox, and none works.
        TaskNotFound: no task has this id.
    """
    plan, task = find_task(engine.store, params.task)
    _check(params, task)
    evidence = await _evidence(engine, task, params)

    def update_task(tx: Transaction) -> None:
        former = tx.get(layout.progress(plan.id, task.id)) or TaskProgress()
        now = engine.clock.now()
        check_lease(f"{plan.id}/{task.id}", former.lease, engine.actor, params.lease, now)
        if params.state not in (None, former.state):
            _check_not_in_run(tx, plan, task)
        after = _changed(task, former, params, evidence, engine.actor)
        tx.put(layout.progress(plan.id, task.id), after)
        tx.record(
            Event(
                kind=EventKind.TASK_CHANGED,
                subject=f"{plan.id}/{task.id}",
                message=_message(former, after),
                data={"state": after.state, "percent": after.percent},
            )
        )

    engine.store.transact(update_task)
    return task_view(engine, plan.id, task.id)


def _check_not_in_run(tx: Transaction, plan: Plan, task: Task) -> None:
    """Check that the task is not part of an active run, which controls its state."""
    run = active_run(tx, plan.id)
    if run is not None and task.id in run.task_ids:
        raise ConflictError(
            f"Task {plan.id}/{task.id} belongs to run {run.id}",
            why=f"the run is {run.state} and controls the state of its tasks",
            hints=[f"podium cancel {run.id}", f"podium status {run.id} --follow"],
        )


def _check(params: UpdateParams, task: Task) -> None:
    if params.state in {TaskState.BLOCKED, TaskState.FAILED} and not params.reason:
        raise ValidationError(
            f"A task that is {params.state} needs a reason",
            hints=[f'podium task {task.id} --state {params.state} --reason "…"'],
        )
    known = [criterion.id for criterion in task.acceptance]
    if params.criterion and params.criterion not in known:
        raise ValidationError(
            f"Task {task.id} has no criterion {params.criterion!r}",
            why=f"its criteria are: {', '.join(known) or 'none'}",
        )


async def _evidence(engine: Engine, task: Task, params: UpdateParams) -> tuple[Evidence, ...]:
    shown: list[Shown] = []
    if params.word:
        require_person(engine, "confirm a criterion")
        shown.append(WordGiven(text=params.word))
    if params.command:
        shown.append(await _command_shown(engine, params.command))
    if params.file:
        check_file_contains(engine.root, params.file, params.contains)
        shown.append(FileShown(path=params.file, contains=params.contains))
    if params.contains and not params.file:
        raise ValidationError(
            "The expected text needs a file", hints=["--file PATH --contains TEXT"]
        )
    now = engine.clock.now()
    name = params.criterion or "*"
    return tuple(Evidence(criterion=name, shown=s, by=engine.actor, at=now) for s in shown)


async def _command_shown(engine: Engine, command: tuple[str, ...]) -> CommandShown:
    sandbox = await anyio.to_thread.run_sync(project_sandbox, engine.root, engine.config)
    confinement = confine_command(sandbox, CommandKind.GATES, engine.root)
    result = await run_command(
        command, engine.root, timeout_seconds=COMMAND_SECONDS, confinement=confinement
    )
    if result.exit_code is None:
        raise ValidationError(f"The command provides no evidence: {result.trouble}")
    tail = "\n".join(result.output.splitlines()[-20:])
    return CommandShown(command=command, exit_code=result.exit_code, output_tail=tail)


def _changed(
    task: Task,
    former: TaskProgress,
    params: UpdateParams,
    evidence: tuple[Evidence, ...],
    by: Actor,
) -> TaskProgress:
    after = former.model_copy(update={"evidence": (*former.evidence, *evidence)})
    if params.percent is not None:
        after = after.model_copy(update={"percent": params.percent})
    if params.note is not None:
        after = after.model_copy(update={"note": params.note, "note_by": by})
    if params.state is not None and params.state is not former.state:
        after = move(task, after, params.state, params.reason)
        after = after.model_copy(update={"reason_by": by if params.reason else None})
    if params.state is TaskState.PENDING:
        after = after.model_copy(update={"evidence": (), "doubts": (), "percent": 0, "commit": ""})
    return after


def _message(former: TaskProgress, after: TaskProgress) -> str:
    parts: list[str] = []
    if former.state is not after.state:
        parts.append(f"{former.state} → {after.state}")
    if after.reason and after.reason != former.reason:
        parts.append(after.reason)
    if former.percent != after.percent:
        parts.append(f"{after.percent} %")
    if former.note != after.note:
        parts.append(after.note)
    added = len(after.evidence) - len(former.evidence)
    if added > 0:
        parts.append(f"{counted(added, 'piece')} of evidence")
    return ", ".join(parts) or "unchanged"
