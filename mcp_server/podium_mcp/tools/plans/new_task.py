"""The arguments that describe a new task, derived from the table of a task's fields."""

from typing import Any

from pydantic import Field, create_model

from podium.model.plans import Task
from podium.model.rules.task_fields import AGENT_FIELDS, ARGUMENT_FIELDS, FieldKind, TaskField
from podium_mcp.tools.arguments import Files, Id, Line, Text
from podium_mcp.tools.tool import Input

_NUMBERED = "id"
"""Required in a task, but optional in a tool call."""
_FILES: Any = Files
_TEXTS: dict[str, Any] = {_NUMBERED: Id, "title": Line}
_NAMES: dict[FieldKind, Any] = {
    FieldKind.TASKS: list[Id],
    FieldKind.NAMES: list[Line],
    FieldKind.NAMES_BY_FILE: dict[str, list[Line]],
}


class Criterion(Input):
    """A criterion that must be met before a task is done."""

    text: Text
    command: list[Text] | None = Field(None, description="exit 0 shows it")
    file: Text | None = Field(None, description="PATH contains TEXT")


def new_task_model() -> type[Input]:
    """Return the model of a task's arguments."""
    for_agents = [each for each in ARGUMENT_FIELDS if each in AGENT_FIELDS]
    plain = [each for each in ARGUMENT_FIELDS if each not in AGENT_FIELDS]
    fields: dict[str, Any] = {
        **{each.name: _argument(each) for each in plain},
        "files": (_FILES | None, Field(None, description="it creates or changes")),
        **{each.name: _argument(each) for each in for_agents},
        "accept": (list[Criterion] | None, Field(None, description="acceptance criteria")),
    }
    model: type[Input] = create_model("NewTask", __base__=Input, **fields)
    return model


def _argument(field: TaskField) -> tuple[Any, Any]:
    kind = _NAMES.get(field.kind) or _TEXTS.get(field.name, Text)
    description = field.argument or None
    if Task.model_fields[field.name].is_required() and field.name != _NUMBERED:
        return kind, Field(description=description)
    return kind | None, Field(None, description=description)
