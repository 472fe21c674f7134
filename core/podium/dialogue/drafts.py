"""Builds validated tasks from raw fields, and reports all problems at once."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pydantic
from pydantic_core import ErrorDetails

from podium.dialogue.lenient_json import JsonValue
from podium.errors import InvalidPlan
from podium.model.plans import (
    AcceptanceCriterion,
    AgentChoice,
    Estimate,
    PlanDraft,
    Task,
    TaskFiles,
)
from podium.model.rules.graph import plan_problems

Fields = Mapping[str, JsonValue]
"""A raw task, keyed by the names of the model's fields."""

MOST_PROBLEMS = 100
"""Maximum number of problems in one error."""

_ID_RULE = (
    "must begin with a letter or a digit and contain only letters, digits, '-', '_' and single dots"
)
_FIELDS_BELOW: dict[str, Iterable[str]] = {
    "files": TaskFiles.model_fields,
    "estimate": Estimate.model_fields,
    "acceptance": AcceptanceCriterion.model_fields,
}


@dataclass(frozen=True)
class PlanDocument:
    """A plan as read from a file.

    Args:
        draft: the summary and the tasks.
        objective: the objective; empty if the format has none.
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


def sentences(
    error: pydantic.ValidationError, model: type[pydantic.BaseModel] | None = None
) -> list[str]:
    """Return one plain sentence for each validation error.

    Args:
        error: the error from pydantic.
        model: the expected model; its fields are suggested for unknown ones.
    """
    known = model.model_fields if model else ()
    return [_sentence(detail, known) for detail in error.errors(include_url=False)]


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


def _sentence(detail: ErrorDetails, known: Iterable[str]) -> str:
    place = detail["loc"]
    where = _place(place)
    match detail["type"]:
        case "missing":
            return f"{where} is missing"
        case "extra_forbidden":
            return f"{where} is unknown{_did_you_mean(place, known)}"
        case _:
            return f"{where} {_rule(detail)}"


def _rule(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "string_type":
            return "must be a string"
        case "string_too_short" | "too_short":
            return "must not be empty"
        case "string_too_long":
            return f"must have at most {context['max_length']} characters"
        case "string_pattern_mismatch":
            return f"{_ID_RULE}, not {_shown(detail['input'])}"
        case "greater_than":
            return f"must be greater than {context['gt']:g}"
        case "greater_than_equal":
            return f"must be at least {context['ge']:g}"
        case "less_than_equal":
            return f"must be at most {context['le']:g}"
        case "enum" | "literal_error":
            return f"must be {context['expected']}, not {_shown(detail['input'])}"
        case other:
            return _rule_of_kind(other, detail)


def _rule_of_kind(kind: str, detail: ErrorDetails) -> str:
    if kind.startswith(("tuple_", "list_")):
        return "must be a list"
    if kind.startswith(("float_", "int_", "finite_", "decimal_")):
        return f"must be a number, not {_shown(detail['input'])}"
    if kind.startswith(("model_", "dict_")):
        return "must be an object"
    return detail["msg"].removeprefix("Value error, ")


def _place(place: tuple[int | str, ...]) -> str:
    """Return a readable name of a place: `'text' of item 2 of 'acceptance'`."""
    words = [f"item {each + 1}" if isinstance(each, int) else repr(each) for each in place]
    return " of ".join(reversed(words)) or "the value"


def _did_you_mean(place: tuple[int | str, ...], known: Iterable[str]) -> str:
    parents = [each for each in place[:-1] if isinstance(each, str)]
    fields = _FIELDS_BELOW.get(parents[-1], ()) if parents else known
    close = difflib.get_close_matches(str(place[-1]), list(fields), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
