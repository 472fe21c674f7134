"""Builds validated tasks from raw fields, and reports all problems at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pydantic

from podium.dialogue.lenient_json import JsonValue
from podium.errors import InvalidPlan
from podium.model.plans import AgentChoice, PlanDraft, Task
from podium.model.rules.graph import plan_problems
from podium.model.rules.validation import sentences

Fields = Mapping[str, JsonValue]
"""A raw task, keyed by the names of the model's fields."""

MOST_PROBLEMS = 100
"""Maximum number of problems in one error."""


@dataclass(frozen=True)
class PlanDocument:
    """A plan as read from a file.

    Args:
        draft: the summary and the tasks.
        objective: the objective; empty if the format does not have one.
        agents: agents by role that override the configuration.
    """

    draft: PlanDraft
    objective: str = ""
    agents: Mapping[str, AgentChoice] = field(default_factory=dict[str, AgentChoice])


@dataclass(frozen=True)
class Raw:
    """A task before validation.

    Args:
        name: its name in messages: `task 't2' (number 2)`, `row 3`.
        fields: its content.
    """

    name: str
    fields: Fields


def build_tasks(
    raws: Sequence[Raw], *, problems: Sequence[str] = (), hints: Sequence[str] = ()
) -> tuple[Task, ...]:
    """Return the tasks, validated one by one and as a graph.

    Args:
        raws: the tasks in order.
        problems: problems found earlier, to be reported together with the others.
        hints: hints for the author.

    Raises:
        InvalidPlan: lists every problem.
    """
    found = list(problems)
    tasks: list[Task] = []
    for raw in raws:
        try:
            tasks.append(Task.model_validate(raw.fields))
        except pydantic.ValidationError as error:
            found.extend(f"{raw.name}: {sentence}" for sentence in sentences(error, Task))
            tasks.extend(_valid_part(raw.fields, error))
    if not raws and not found:
        found.append("the plan has no tasks")
    found.extend(plan_problems(tasks))
    if found:
        raise InvalidPlan(_shortened(found), hints=hints)
    return tuple(tasks)


def _shortened(problems: Sequence[str]) -> list[str]:
    distinct = list(dict.fromkeys(problems))
    left_out = len(distinct) - MOST_PROBLEMS
    more = [f"and {left_out} more problems"] if left_out > 0 else []
    return distinct[:MOST_PROBLEMS] + more


def _valid_part(fields: Fields, error: pydantic.ValidationError) -> list[Task]:
    """Return the task without its invalid fields, so that its dependencies are still checked."""
    faulty = {detail["loc"][0] for detail in error.errors() if detail["loc"]}
    sound = {"title": "…"} | {key: value for key, value in fields.items() if key not in faulty}
    try:
        return [Task.model_validate(sound)]
    except pydantic.ValidationError:
        return []
