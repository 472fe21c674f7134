"""The names, labels and descriptions of a task's fields, once for all formats; pure.

Documents, prompts, replies and faces read this table. A new field is a field of `Task` and a row
here; its kind says how every format reads and writes it.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType

from podium.model.plans import Task


class FieldKind(Enum):
    """How formats read and write a field."""

    TEXT = "text"
    """One text; in Markdown on one line, unless the field has no label there."""
    TASKS = "tasks"
    """Ids of tasks."""
    NAMES = "names"
    """A list of paths or other names."""
    NAMES_BY_FILE = "names by file"
    """Lists of names, by the file that they belong to."""
    COMPOSITE = "composite"
    """Has parts of its own, which each format treats in its own way."""


@dataclass(frozen=True, slots=True)
class TaskField:
    """A field of a task.

    Args:
        name: the field of `Task`, with a dot before the field of a part: `files.create`.
        kind: how it is read and written.
        aliases: what a reply may call it, in lower-case letters and digits, the best first.
        label: how a line begins that holds it in a Markdown plan; empty where no such line does.
        help: what an editor shows beside the label.
        columns: the columns that hold it in a CSV file, if they are not one of its own name.
        guide: what an architect's prompt says about it, where the template does not.
        heading: what introduces it in a prompt for the agent that carries the task out, where the
            template does not.
        argument: what a tool's schema says about it; empty where the name says enough, None where
            no tool takes it. A `COMPOSITE` is described by the tool.
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
        """Return the name without the part that it belongs to."""
        return self.name.rpartition(".")[2]

    @property
    def is_part(self) -> bool:
        """Tell whether it belongs to another field."""
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
        help="How urgent it is.",
    ),
    TaskField(
        "role",
        FieldKind.TEXT,
        ("role", "subagent"),
        label="Role",
        help="The role or subagent that does it.",
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
        help="Tasks worth reading; no order follows from it.",
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
        help="Files that it makes.",
    ),
    TaskField(
        "files.modify",
        FieldKind.NAMES,
        ("filestomodify", "modifyfiles", "filestoedit", "modify", "modifies"),
        label="Modifies",
        help="Files that it changes.",
    ),
    TaskField(
        "files.delete",
        FieldKind.NAMES,
        ("filestodelete", "deletefiles", "delete", "deletes"),
        label="Deletes",
        help="Files that it removes.",
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
        help="Minutes, and how sure they are.",
        columns=("minutes", "confidence"),
    ),
    TaskField("estimate.confidence", FieldKind.TEXT, ("confidence", "certainty"), columns=()),
    TaskField(
        "defines",
        FieldKind.NAMES_BY_FILE,
        ("defines", "definitions", "symbols", "mustdefine", "expectedsymbols", "expects"),
        label="Defines",
        help="What a file must define at the end: `a.py`: `total`, `Ledger.total`.",
        guide="lists, per file, the functions and classes that must exist at the end: `total`,"
        " `Ledger.total`.\nIt reveals a truncated file. List only what the description asks for.",
        heading="When it is done, these files must define:",
        argument="by file, functions and classes that must be there at the end",
    ),
)
"""In the order of the CSV columns; a new row goes to the end, so that those stay as they are."""

FIELDS_BY_KEY = MappingProxyType({each.key: each for each in TASK_FIELDS})

CSV_COLUMNS: tuple[str, ...] = tuple(
    column
    for each in TASK_FIELDS
    for column in ((each.key,) if each.columns is None else each.columns)
)

FIELDS_BY_LABEL = MappingProxyType({each.label.lower(): each for each in TASK_FIELDS if each.label})
"""By what begins a line of a Markdown plan, in lower case."""

AGENT_FIELDS: tuple[TaskField, ...] = tuple(each for each in TASK_FIELDS if each.heading)
"""What agents are shown by the field's kind alone; texts around it name the others."""

ARGUMENT_FIELDS: tuple[TaskField, ...] = tuple(
    each for each in TASK_FIELDS if each.argument is not None
)
"""What tools take for a new task, besides the fields with parts of their own."""


def text_of(field: TaskField, task: Task) -> str:
    """Return the value of a `TEXT`; empty where it is the default."""
    value: str = getattr(task, field.name)
    return "" if value == Task.model_fields[field.name].default else value


def is_choice(field: TaskField, task: Task) -> bool:
    """Tell whether the value of a `TEXT` is one of a fixed set of words."""
    return isinstance(getattr(task, field.name), StrEnum)


def names_of(field: TaskField, task: Task) -> tuple[str, ...]:
    """Return the value of `TASKS` or `NAMES`."""
    holder, _, key = field.name.rpartition(".")
    names: tuple[str, ...] = getattr(getattr(task, holder) if holder else task, key)
    return names


def names_by_file(field: TaskField, task: Task) -> dict[str, tuple[str, ...]]:
    """Return the value of `NAMES_BY_FILE`."""
    names: dict[str, tuple[str, ...]] = getattr(task, field.name)
    return names
