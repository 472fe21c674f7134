"""What a command still has to be told by the person, one question at a time.

An editor that begins a command from its palette knows nothing but the command: it asks here what
to ask, puts the question in its own way, and asks again until nothing is missing. Questions that
give consent are not among these; see `podium_lsp.commands.confirm`.
"""

import types
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Literal, Union, get_args, get_origin

import anyio.to_thread
from pydantic.fields import FieldInfo

from podium.entities.plans import load_plan, plan_ids
from podium.entities.runs import all_runs
from podium.entities.tasks import find_task, load_progress, task_states
from podium.errors import ValidationError
from podium.model.base import Frozen
from podium.model.runs import END_STATES
from podium.model.states import TASK_MACHINE, FindingStatus, PlanState
from podium.operations.engine import Engine
from podium.operations.finding.views import all_findings
from podium.operations.operation import Operation
from podium.operations.session.views import all_sessions
from podium.operations.table import OPERATION_IDS, load_operation
from podium.operations.views import plan_row
from podium_lsp.commands.names import operation_of
from podium_lsp.session.projects import Project


class Choice(Frozen):
    """One answer that can be given."""

    value: str
    label: str
    detail: str = ""


class Prompt(Frozen):
    """What the person is to be asked next."""

    name: str
    """The parameter."""
    prompt: str
    kind: Literal["text", "choice", "file"]
    choices: tuple[Choice, ...] = ()
    optional: bool = False


class PromptForm(Frozen):
    """How far a command is filled in."""

    title: str
    effect: str
    """What carrying it out does: read, write, destructive or long."""
    accepts: tuple[str, ...]
    """The parameters that it has."""
    question: Prompt | None
    """None when nothing is missing."""


PROMPTED: Mapping[str, tuple[str, ...]] = {
    "plan.create": ("objective",),
    "plan.export": ("format",),
    "task.update": ("task", "state", "reason"),
    "finding.export": ("format",),
    "session.create": ("title", "type"),
    "session.update": ("session", "message"),
    "thought.add": ("text",),
}
"""Beside what an operation cannot do without: what people mostly mean to say."""

_PLAN_STATES: Mapping[str, frozenset[PlanState]] = {
    "plan.approve": frozenset({PlanState.DRAFT, PlanState.REJECTED}),
    "plan.reject": frozenset({PlanState.DRAFT, PlanState.APPROVED}),
    "run.start": frozenset({PlanState.APPROVED, PlanState.RUNNING}),
}
"""Which plans an operation is about; without a line here, every one."""

_ENDED = frozenset({"run.report", "run.status"})
"""Operations that also make sense for a run that is over."""

_REOPENED = frozenset({FindingStatus.DISMISSED, FindingStatus.FIXED, FindingStatus.STALE})

_FILES = frozenset({"plan.import"})
"""Operations whose `path` need not be of the project."""


async def next_prompt(project: Project | None, arguments: Mapping[str, Any]) -> Any:
    """Return what to ask next.

    Args:
        project: whose plans, runs and findings there are to choose from.
        arguments: `command`; `given`, its arguments so far; `asked`, parameters that were asked for
            already, so that an answer may be left out.

    Raises:
        ValidationError: there is no such command.
    """
    operation_id = operation_of(str(arguments.get("command", "")))
    if operation_id not in OPERATION_IDS:
        raise ValidationError(f"There is no command {operation_id!r}")
    operation = load_operation(operation_id)
    given: Mapping[str, Any] = arguments.get("given") or {}
    skipped = {*given, *(arguments.get("asked") or ())}
    if given.get("uri") and operation_id not in _FILES:
        skipped.add("path")
    form = await anyio.to_thread.run_sync(_form, operation, project, given, skipped)
    return form.model_dump(mode="json")


def _form(
    operation: Operation[Any, Any],
    project: Project | None,
    given: Mapping[str, Any],
    skipped: set[str],
) -> PromptForm:
    rows = (
        _question(operation, project, name, field, given)
        for name, field in _fields(operation)
        if name not in skipped
    )
    question = next((row for row in rows if row is not None), None)
    return PromptForm(
        title=operation.summary,
        effect=str(operation.effect),
        accepts=tuple(operation.params.model_fields),
        question=question,
    )


def _fields(operation: Operation[Any, Any]) -> Iterator[tuple[str, FieldInfo]]:
    """Yield what a person is asked for, in the order in which they are asked."""
    known = operation.params.model_fields
    asked = PROMPTED.get(operation.id, ())
    first = [name for name in known if known[name].is_required() or name in _CHOICES]
    for name in dict.fromkeys([*first, *asked]):
        yield name, known[name]


def _question(
    operation: Operation[Any, Any],
    project: Project | None,
    name: str,
    field: FieldInfo,
    given: Mapping[str, Any],
) -> Prompt | None:
    optional = not field.is_required()
    prompt = _sentence(field.description or name)
    if name == "state" and operation.id == "task.update" and project is not None:
        choices = _next_states(project.engine(), str(given.get("task", "")))
    elif name in _CHOICES and project is not None:
        choices = _CHOICES[name](project.engine(), operation.id)
        if optional and len(choices) <= 1:
            # The operation takes the only one, or says why there is none.
            return None
    else:
        choices = _values(field.annotation)
    if choices:
        return Prompt(name=name, prompt=prompt, kind="choice", choices=choices, optional=optional)
    kind: Literal["file", "text"] = "file" if name == "path" else "text"
    return Prompt(name=name, prompt=prompt, kind=kind, optional=optional)


# -- what there is to choose from


def _plans(engine: Engine, operation_id: str) -> tuple[Choice, ...]:
    states = _PLAN_STATES.get(operation_id)
    plans = [load_plan(engine.store, each) for each in plan_ids(engine.store)]
    rows = [plan_row(engine.store, plan) for plan in plans]
    return tuple(
        Choice(
            value=row.id,
            label=" ".join(row.objective.split())[:80],
            detail=f"{row.id} · {row.state} · {row.done} of {row.total} done",
        )
        for row in rows
        if states is None or row.state in states
    )


def _tasks(engine: Engine, operation_id: str) -> tuple[Choice, ...]:
    del operation_id
    found: list[Choice] = []
    for plan_id in plan_ids(engine.store):
        plan = load_plan(engine.store, plan_id)
        states = task_states(plan, load_progress(engine.store, plan_id))
        found += [
            Choice(
                value=f"{plan_id}/{task.id}",
                label=task.title,
                detail=f"{plan_id}/{task.id} · {states[task.id]}",
            )
            for task in plan.tasks
        ]
    return tuple(found)


def _runs(engine: Engine, operation_id: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            value=run.id,
            label=f"Run {run.id}",
            detail=f"{run.state} · {run.created_at.astimezone():%d %b %H:%M} · {run.plan_id}",
        )
        for run in all_runs(engine.store)
        if operation_id in _ENDED or run.state not in END_STATES
    )


def _findings(engine: Engine, operation_id: str) -> tuple[Choice, ...]:
    wanted = _REOPENED if operation_id == "finding.reopen" else {FindingStatus.OPEN}
    return tuple(
        Choice(
            value=each.id,
            label=each.message,
            detail=f"{each.path}:{each.range.start.line} · {each.severity} · {each.category}",
        )
        for each in all_findings(engine.store)
        if each.status in wanted
    )


def _sessions(engine: Engine, operation_id: str) -> tuple[Choice, ...]:
    del operation_id
    return tuple(
        Choice(value=each.id, label=each.title, detail=f"{each.id} · {each.type} · {each.state}")
        for each in all_sessions(engine.store)
    )


_CHOICES: Mapping[str, Callable[[Engine, str], tuple[Choice, ...]]] = {
    "plan": _plans,
    "task": _tasks,
    "run": _runs,
    "finding": _findings,
    "session": _sessions,
}


def _next_states(engine: Engine, wanted: str) -> tuple[Choice, ...]:
    plan, task = find_task(engine.store, wanted)
    states = task_states(plan, load_progress(engine.store, plan.id))
    return tuple(
        Choice(value=state, label=state) for state in sorted(TASK_MACHINE.arrows[states[task.id]])
    )


def _values(annotation: Any) -> tuple[Choice, ...]:
    """Return the values of a type that has only a few."""
    if get_origin(annotation) in (Union, types.UnionType):
        (annotation,) = [each for each in get_args(annotation) if each is not type(None)] or (str,)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return tuple(Choice(value=each.value, label=each.value) for each in annotation)
    if get_origin(annotation) is Literal:
        return tuple(Choice(value=each, label=each) for each in get_args(annotation))
    return ()


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
