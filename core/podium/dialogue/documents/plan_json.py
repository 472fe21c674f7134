"""Plans as strict JSON, from people and exports; nothing is guessed."""

import json
from typing import NoReturn, TypeGuard

import pydantic

from podium.dialogue.drafts import PlanDocument, Raw, build_tasks
from podium.dialogue.lenient_json import JsonValue
from podium.errors import InvalidPlan
from podium.model.plans import AgentChoice, Plan, PlanDraft, definition
from podium.model.rules.validation import sentences

_FIELDS = ("objective", "summary", "agents", "tasks")
_HINTS = ("correct the file and import it again",)


def render_plan_json(plan: Plan) -> str:
    """Return the parts of a plan that an approval covers, in reading order."""
    return json.dumps(definition(plan), indent=2, ensure_ascii=False) + "\n"


def read_plan_json(text: str, name: str) -> PlanDocument:
    """Parse a plan from JSON: an object with `tasks`, or just the list of tasks.

    Args:
        text: the file's content.
        name: the file's name, for messages.

    Raises:
        InvalidPlan: lists every problem, each with its task.
    """
    document = _load(text.removeprefix("\ufeff"), name)
    fields: dict[str, JsonValue]
    fields = {"tasks": document} if isinstance(document, list) else _object(document, name)
    problems = [
        f"{name}: unknown field {key!r}; a plan has {', '.join(_FIELDS)}"
        for key in fields
        if key not in _FIELDS
    ]
    objective = _text(fields, "objective", name, problems)
    summary = _text(fields, "summary", name, problems)
    agents = _agents(fields.get("agents", {}), name, problems)
    raws = _raw_tasks(fields.get("tasks", []), name, problems)
    tasks = build_tasks(raws, problems=problems, hints=_HINTS)
    return PlanDocument(PlanDraft(summary=summary, tasks=tasks), objective, agents)


def _load(text: str, name: str) -> JsonValue:
    try:
        document: JsonValue = json.loads(
            text,
            object_pairs_hook=_unique_fields,
            parse_constant=_refuse_number,
            parse_float=_finite,
        )
        json.dumps(document, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno}, column {error.colno}: {error.msg.lower()}"
    except RecursionError:
        problem = "it is nested too deeply"
    except UnicodeEncodeError:
        problem = "it contains an unpaired surrogate"
    except ValueError as error:
        problem = str(error)
    else:
        return document
    raise InvalidPlan([f"{name} is not valid JSON: {problem}"], hints=_HINTS)


def _unique_fields(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    fields: dict[str, JsonValue] = {}
    for key, value in pairs:
        if key in fields:
            raise ValueError(f"duplicate field {key!r} in one object")
        fields[key] = value
    return fields


def _refuse_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a valid JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the number {digits[:20]} is too large")
    return value


def _object(document: JsonValue, name: str) -> dict[str, JsonValue]:
    if isinstance(document, dict) and "tasks" in document:
        return document
    raise InvalidPlan(
        [f"{name} must contain an object with 'tasks', or a list of tasks"], hints=_HINTS
    )


def _text(fields: dict[str, JsonValue], key: str, name: str, problems: list[str]) -> str:
    value = fields.get(key, "")
    if isinstance(value, str):
        return value
    problems.append(f"{name}: {key!r} must be a string")
    return ""


def _agents(value: JsonValue, name: str, problems: list[str]) -> dict[str, AgentChoice]:
    if not isinstance(value, dict):
        problems.append(f"{name}: 'agents' must be an object that maps roles to agents")
        return {}
    chosen: dict[str, AgentChoice] = {}
    for role, choice in value.items():
        try:
            chosen[role] = AgentChoice.model_validate(choice)
        except pydantic.ValidationError as error:
            problems.extend(f"{name}: the agent of {role!r}: {each}" for each in sentences(error))
    return chosen


def _raw_tasks(value: JsonValue, name: str, problems: list[str]) -> list[Raw]:
    if not isinstance(value, list):
        problems.append(f"{name}: 'tasks' must be a list")
        return []
    raws: list[Raw] = []
    for number, each in enumerate(value, 1):
        if _is_object(each):
            raws.append(Raw(_task_name(each, number), each))
        else:
            problems.append(f"task number {number} must be an object")
    return raws


def _is_object(value: JsonValue) -> TypeGuard[dict[str, JsonValue]]:
    return isinstance(value, dict)


def _task_name(fields: dict[str, JsonValue], number: int) -> str:
    own = fields.get("id")
    return f"task {own!r} (number {number})" if isinstance(own, str) else f"task number {number}"
