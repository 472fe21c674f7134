"""prompt.choices: list the possible values of an operation's parameter."""

import types
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import Field, JsonValue

from podium.entities.answers.permissions import in_force
from podium.entities.plans import all_plans
from podium.entities.questions import all_questions, find_question
from podium.entities.runs import all_runs
from podium.entities.tasks import find_task, load_progress, task_states
from podium.errors import AgentUnavailable, ValidationError
from podium.model.base import Frozen
from podium.model.runs import END_STATES
from podium.model.states import TASK_MACHINE, FindingStatus, PlanState
from podium.operations.agent.list import AgentRow, AgentTable
from podium.operations.agent.list import ListParams as AgentListParams
from podium.operations.agent.list import list as list_agents
from podium.operations.engine import Engine, Place
from podium.operations.file.revert import RevertParams, describe_state, revert
from podium.operations.finding.views import all_findings
from podium.operations.operation import Effect, Operation, operation
from podium.operations.session.views import all_sessions
from podium.operations.table import OPERATION_IDS, load_operation
from podium.operations.views import plan_row
from podium.words import joined, shorten

_LONGEST = 80
_MOST_STATES = 6
"""Maximum number of states to offer for a revert; the user can type the name of an older one."""


class ChoicesParams(Frozen):
    """Parameters of `prompt.choices`."""

    operation: str = Field(description="id of the operation")
    parameter: str = Field(description="name of the parameter")
    given: dict[str, JsonValue] = Field(
        default_factory=dict, description="the parameters that are already known"
    )


class Choice(Frozen):
    """A possible value of a parameter."""

    value: str
    label: str
    detail: str = ""


class Choices(Frozen):
    """The possible values of a parameter."""

    choices: tuple[Choice, ...]
    """Empty if any text is valid, or if there are no objects to choose from."""
    closed: bool
    """Whether other values are invalid."""


_PLAN_STATES: Mapping[str, frozenset[PlanState]] = {
    "plan.approve": frozenset({PlanState.DRAFT, PlanState.REJECTED}),
    "plan.reject": frozenset({PlanState.DRAFT, PlanState.APPROVED}),
    "run.start": frozenset({PlanState.APPROVED, PlanState.RUNNING}),
}
"""States of the plans that an operation accepts; operations not listed accept every plan."""

_ENDED = frozenset({"run.report", "run.status", "run.activity"})
"""Operations that also accept ended runs."""

_REOPENED = frozenset({FindingStatus.DISMISSED, FindingStatus.FIXED, FindingStatus.STALE})

_REASONS = ("not a problem here", "accepted risk", "generated code")


@operation("prompt.choices", Effect.READ)
async def choices(engine: Engine, params: ChoicesParams) -> Choices:
    """Return the values that a parameter can currently have.

    Raises:
        ValidationError: the operation or parameter does not exist.
    """
    asked = operation_named(params.operation)
    field = asked.params.model_fields.get(params.parameter)
    if field is None:
        raise ValidationError(
            f"{asked.id} has no parameter {params.parameter!r}",
            why=f"its parameters are: {', '.join(asked.params.model_fields)}",
        )
    if (asked.id, params.parameter) == ("file.revert", "to"):
        found = await _file_states(engine, params.given)
        return Choices(choices=found, closed=False)
    if params.parameter == "agent":
        return Choices(choices=await _agents(engine), closed=False)
    if (source := _SPECIAL.get((asked.id, params.parameter))) is not None:
        return Choices(choices=source(engine, params.given), closed=asked.id != "finding.dismiss")
    if (of_kind := KINDS.get(params.parameter)) is not None:
        return Choices(choices=of_kind(engine, asked.id), closed=True)
    fixed = fixed_choices(field.annotation)
    return Choices(choices=fixed, closed=bool(fixed))


def operation_named(operation_id: str) -> Operation[Any, Any]:
    """Look up an operation by an id received from a face.

    Raises:
        ValidationError: the operation does not exist.
    """
    if operation_id not in OPERATION_IDS:
        raise ValidationError(f"There is no operation {operation_id!r}")
    return load_operation(operation_id)


def fixed_choices(annotation: Any) -> tuple[Choice, ...]:
    """Return the values of an enumeration or literal type; empty for other types."""
    if get_origin(annotation) in (Union, types.UnionType):
        # In a union of `str` and an enum, `str` allows names added by plug-in packages.
        members = (fixed_choices(each) for each in get_args(annotation))
        return next((each for each in members if each), ())
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return tuple(Choice(value=each.value, label=each.value) for each in annotation)
    if get_origin(annotation) is Literal:
        return tuple(Choice(value=each, label=each) for each in get_args(annotation))
    return ()


def _plans(engine: Engine, operation_id: str) -> tuple[Choice, ...]:
    states = _PLAN_STATES.get(operation_id)
    rows = [plan_row(engine.store, plan) for plan in all_plans(engine.store)]
    return tuple(
        Choice(
            value=row.id,
            label=shorten(row.objective, _LONGEST),
            detail=joined(row.id, row.state, f"{row.done} of {row.total} done"),
        )
        for row in rows
        if states is None or row.state in states
    )


def _tasks(engine: Engine, operation_id: str) -> tuple[Choice, ...]:
    del operation_id
    found: list[Choice] = []
    for plan in all_plans(engine.store):
        states = task_states(plan, load_progress(engine.store, plan.id))
        found += [
            Choice(
                value=f"{plan.id}/{task.id}",
                label=task.title,
                detail=joined(f"{plan.id}/{task.id}", states[task.id]),
            )
            for task in plan.tasks
        ]
    return tuple(found)


def _runs(engine: Engine, operation_id: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            value=run.id,
            label=f"Run {run.id}",
            detail=joined(run.state, f"{run.created_at.astimezone():%d %b %H:%M}", run.plan_id),
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
            detail=joined(f"{each.path}:{each.range.start.line}", each.severity, each.category),
        )
        for each in all_findings(engine.store)
        if each.status in wanted
    )


def _sessions(engine: Engine, operation_id: str) -> tuple[Choice, ...]:
    del operation_id
    return tuple(
        Choice(value=each.id, label=each.title, detail=joined(each.id, each.type, each.state))
        for each in all_sessions(engine.store)
    )


def _questions(engine: Engine, operation_id: str) -> tuple[Choice, ...]:
    found = all_questions(engine.store)
    if operation_id == "question.revoke":
        shown = in_force(engine.store, found)
    else:
        shown = tuple(each for each in found if each.is_open)
    return tuple(
        Choice(
            value=each.id,
            label=shorten(joined(each.text, each.quoted, sign=": "), _LONGEST),
            detail=joined(each.id, each.kind, each.about),
        )
        for each in shown
    )


KINDS: Mapping[str, Callable[[Engine, str], tuple[Choice, ...]]] = {
    "plan": _plans,
    "task": _tasks,
    "run": _runs,
    "finding": _findings,
    "session": _sessions,
    "question": _questions,
}
"""Sources of values by parameter name, for parameters that contain ids."""


def _next_states(engine: Engine, given: Mapping[str, JsonValue]) -> tuple[Choice, ...]:
    plan, task = find_task(engine.store, str(given.get("task", "")))
    states = task_states(plan, load_progress(engine.store, plan.id))
    following = sorted(TASK_MACHINE.arrows[states[task.id]])
    return tuple(Choice(value=state, label=state) for state in following)


def _reasons(engine: Engine, given: Mapping[str, JsonValue]) -> tuple[Choice, ...]:
    del engine, given
    return tuple(Choice(value=each, label=each) for each in _REASONS)


def _answers(engine: Engine, given: Mapping[str, JsonValue]) -> tuple[Choice, ...]:
    asked = find_question(engine.store, str(given.get("question", "")))
    return tuple(Choice(value=each.id, label=each.label) for each in asked.choices)


async def _agents(engine: Engine) -> tuple[Choice, ...]:
    """Return all agents, the usable ones first, with how to get the others."""
    return tuple(map(_agent, (await _table(engine)).agents))


async def usable_agents(engine: Engine) -> tuple[Choice, ...]:
    """Return the agents that can be used here.

    Raises:
        AgentUnavailable: there is none; the hints explain how to get one.
    """
    table = await _table(engine)
    if not (usable := tuple(_agent(row) for row in table.agents if row.usable)):
        raise AgentUnavailable(
            "No agent can be used here",
            why="Podium works with agents that are installed on this machine",
            hints=[*table.ways, "podium agents"],
        )
    return usable


async def _table(engine: Engine) -> AgentTable:
    place = Place(engine.root, engine.root, engine.home, engine.config, engine.actor, engine.clock)
    table: AgentTable = await list_agents.run(place, AgentListParams())
    return table


def _agent(row: AgentRow) -> Choice:
    at = row.version if row.usable else f"not here: {row.how_to_get}"
    return Choice(value=row.name, label=row.title, detail=joined(row.name, at))


_SPECIAL: Mapping[
    tuple[str, str], Callable[[Engine, Mapping[str, JsonValue]], tuple[Choice, ...]]
] = {
    ("task.update", "state"): _next_states,
    ("finding.dismiss", "reason"): _reasons,
    ("question.answer", "choice"): _answers,
}
"""Sources by operation and parameter, where the parameter name is not enough."""


async def _file_states(engine: Engine, given: Mapping[str, JsonValue]) -> tuple[Choice, ...]:
    shown = await revert.run(engine, RevertParams.model_validate({**given, "token": ""}))
    return tuple(
        Choice(value=each.name, label=describe_state(each), detail=each.commit)
        for each in shown.choices[:_MOST_STATES]
    )
