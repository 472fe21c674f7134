"""The names, labels and descriptions of a task's fields, shared by all formats.

Documents, prompts, replies and faces read this table. To add a field, add it to `Task` and add a
row here; its kind determines how every format reads and writes it.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType

from podium.model.plans import Task


class FieldKind(Enum):
    """The kind of a field, which determines how formats read and write it."""

    TEXT = "text"
    """A string; one line in Markdown, unless the field has no label there."""
    TASKS = "tasks"
    """Ids of tasks."""
    NAMES = "names"
    """A list of paths or other names."""
    NAMES_BY_FILE = "names by file"
    """Lists of names by file."""
    COMPOSITE = "composite"
    """A field with parts, which each format handles in its own way."""


@dataclass(frozen=True, slots=True)
class TaskField:
    """A field of a task.

    Args:
        name: the field of `Task`; for a part, its path: `files.create`.
        kind: determines how it is read and written.
        aliases: other names in replies, in lower-case letters and digits, most common first.
        label: the label of its line in a Markdown plan; empty if it does not have its own line.
        help: the explanation of the label in an editor.
        columns: its columns in a CSV file, unless it has one column with its own name.
        guide: its explanation in the architect's prompt, if the template does not explain it.
        heading: its heading in the executor's prompt, if the template does not contain it.
        argument: its description in a tool's schema; empty if the name suffices, None if no tool
            accepts it. The tool itself describes a `COMPOSITE` field.
    """

    name: str
    kind: FieldKind
    aliases: tuple[str, ...]
    label: str = ""
    help: str = ""
    columns: tuple[str, ...] | None = None
    guide: str = ""
    heading: str = ""
    argument: str | None = None

    @property
    def key(self) -> str:
        """Return the last part of the name."""
        return self.name.rpartition(".")[2]

    @property
    def is_part(self) -> bool:
        """Return whether the field is a part of another field."""
        return "." in self.name


TASK_FIELDS: tuple[TaskField, ...] = (
    TaskField("id", FieldKind.TEXT, ("id", "taskid", "key", "number", "step"), argument=""),
    TaskField(
        "title", FieldKind.TEXT, ("title", "name", "task", "summary", "headline"), argument=""
    ),
    TaskField(
        "description",
        FieldKind.TEXT,
        ("description", "details", "detail", "body", "instructions", "prompt"),
        argument="",
    ),
    TaskField(
        "priority",
        FieldKind.TEXT,
        ("priority", "importance", "urgency"),
        label="Priority",
        help="The priority of the task.",
    ),
    TaskField(
        "role",
        FieldKind.TEXT,
        ("role", "subagent"),
        label="Role",
        help="The role or subagent that executes the task.",
    ),
    TaskField(
        "requires",
        FieldKind.TASKS,
        (
            *("requires", "dependson", "dependencies", "deps", "after", "blockedby"),
            *("prerequisites", "requiredtasks"),
        ),
        label="Requires",
        help="Tasks that must be done first.",
        argument="task ids that must be done first",
    ),
    TaskField(
        "relates",
        FieldKind.TASKS,
        ("relates", "related", "relatesto", "relatedto", "seealso"),
        label="Relates",
        help="Related tasks; they do not affect the order.",
    ),
    TaskField(
        "files",
        FieldKind.COMPOSITE,
        ("files", "paths", "filepaths", "affectedfiles", "targetfiles"),
        columns=(),
    ),
    TaskField(
        "files.create",
        FieldKind.NAMES,
        ("filestocreate", "createfiles", "newfiles", "create", "creates"),
        label="Creates",
        help="Files that the task creates.",
    ),
    TaskField(
        "files.modify",
        FieldKind.NAMES,
        ("filestomodify", "modifyfiles", "filestoedit", "modify", "modifies"),
        label="Modifies",
        help="Files that the task modifies.",
    ),
    TaskField(
        "files.delete",
        FieldKind.NAMES,
        ("filestodelete", "deletefiles", "delete", "deletes"),
        label="Deletes",
        help="Files that the task deletes.",
    ),
    TaskField(
        "acceptance",
        FieldKind.COMPOSITE,
        (
            *("acceptance", "acceptancecriteria", "criteria", "successcriteria", "donewhen"),
            *("definitionofdone", "acceptancetests"),
        ),
        columns=("acceptance", "commands"),
    ),
    TaskField(
        "estimate",
        FieldKind.COMPOSITE,
        (
            *("estimate", "estimateminutes", "estimatedminutes", "minutes", "effort", "duration"),
            *("effortminutes", "durationminutes", "estimatedtime", "estimatedduration", "time"),
            *("estimatehours", "estimatedhours", "hours"),
        ),
        label="Estimate",
        help="Duration in minutes, and the confidence in it.",
        columns=("minutes", "confidence"),
    ),
    TaskField("estimate.confidence", FieldKind.TEXT, ("confidence", "certainty"), columns=()),
    TaskField(
        "defines",
        FieldKind.NAMES_BY_FILE,
        ("defines", "definitions", "symbols", "mustdefine", "expectedsymbols", "expects"),
        label="Defines",
        help="Definitions that each file must contain when the task is done, for instance `a.py`:"
        " `total`, `Ledger.total`.",
        guide="lists, per file, the functions and classes that must exist when the task is done:"
        " `total`, `Ledger.total`.\nIt reveals truncated files. List only definitions that the"
        " description asks for.",
        heading="When it is done, these files must define:",
        argument="per file, functions and classes that must exist when done",
    ),
    TaskField("acceptance.evidence", FieldKind.COMPOSITE, (), columns=("evidence",)),
)
"""In the order of the CSV columns; add new rows at the end to keep that order."""

FIELDS_BY_KEY = MappingProxyType({each.key: each for each in TASK_FIELDS})

CSV_COLUMNS: tuple[str, ...] = tuple(
    column
    for each in TASK_FIELDS
    for column in ((each.key,) if each.columns is None else each.columns)
)

FIELDS_BY_LABEL = MappingProxyType({each.label.lower(): each for each in TASK_FIELDS if each.label})
"""Fields by the label of their line in a Markdown plan, in lower case."""

AGENT_FIELDS: tuple[TaskField, ...] = tuple(each for each in TASK_FIELDS if each.heading)
"""Fields that prompts render by their kind alone; templates handle the others."""

ARGUMENT_FIELDS: tuple[TaskField, ...] = tuple(
    each for each in TASK_FIELDS if each.argument is not None
)
"""The fields that tools accept for a new task, except those with parts."""


def text_of(field: TaskField, task: Task) -> str:
    """Return the value of a `TEXT` field; empty if it is the default."""
    value: str = getattr(task, field.name)
    return "" if value == Task.model_fields[field.name].default else value


def is_choice(field: TaskField, task: Task) -> bool:
    """Return whether the value of a `TEXT` field is one of a fixed set of words."""
    return isinstance(getattr(task, field.name), StrEnum)


def names_of(field: TaskField, task: Task) -> tuple[str, ...]:
    """Return the value of a `TASKS` or `NAMES` field."""
    holder, _, key = field.name.rpartition(".")
    names: tuple[str, ...] = getattr(getattr(task, holder) if holder else task, key)
    return names


def names_by_file(field: TaskField, task: Task) -> dict[str, tuple[str, ...]]:
    """Return the value of a `NAMES_BY_FILE` field."""
    names: dict[str, tuple[str, ...]] = getattr(task, field.name)
    return names
