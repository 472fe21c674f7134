"""Plans and tasks as a person approves them; must not know progress, runs or storage."""

import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from podium.model.base import Frozen, content_hash, to_json
from podium.model.events import Actor
from podium.model.paths import path_parts


def _branch_part(name: str) -> str:
    if name.lower().endswith(".lock"):
        raise ValueError("git allows no branch whose name ends with .lock")
    return name


TaskId = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9]([.]?[A-Za-z0-9_-])*$", max_length=48),
    AfterValidator(_branch_part),
]
"""Unique within its plan; also a branch part and a file name: no two dots in a row, none at the
end."""


def _symbol(name: str) -> str:
    if any(unicodedata.category(letter)[0] in "CZ" for letter in name):
        raise ValueError(
            "must be a bare name or a path like Class.method, without spaces or control characters"
        )
    return name


Symbol = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_symbol)]
"""A function or class as the syntax check names it: `total`, `Ledger.total`."""

VERSION_LENGTH = 12
"""Hexadecimal digits of a version that people see; the whole hash is compared."""


class Priority(StrEnum):
    """Which of two ready tasks goes first."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def rank(self) -> int:
        """Return 0 for the most urgent."""
        return list(Priority).index(self)


class TaskFiles(Frozen):
    """The files that a task declares, relative to the project."""

    create: tuple[str, ...] = ()
    modify: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Return every declared file."""
        return (*self.create, *self.modify, *self.delete)

    @property
    def claims(self) -> frozenset[tuple[str, ...]]:
        """Return the names that each declared path leads through, as every file system reads them.

        `./src//A.py` and `src/a.py` are one claim: on some machines they are one file.
        """
        return frozenset(tuple(_folded(part) for part in path_parts(path)) for path in self.all)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


class Estimate(Frozen):
    """How long a task may take and how sure the estimate is."""

    minutes: float = Field(gt=0)
    confidence: float = Field(default=0.5, ge=0, le=1)


class AcceptanceCriterion(Frozen):
    """What must be shown before a task is done (SPEC K3)."""

    id: TaskId
    text: str = Field(min_length=1)
    command: tuple[str, ...] = ()
    """A command whose exit code 0 shows it; a list, never a shell line."""


class Dependency(Frozen):
    """An edge of the plan's graph."""

    task: TaskId
    on: TaskId
    kind: Literal["requires", "relates"]


class Task(Frozen):
    """A unit of work (SPEC P2)."""

    id: TaskId
    title: str = Field(min_length=1, max_length=200)
    description: str = ""
    requires: tuple[TaskId, ...] = ()
    """Tasks that must be done first."""
    relates: tuple[TaskId, ...] = ()
    """Tasks worth reading; no order follows from it."""
    priority: Priority = Priority.NORMAL
    role: str = "executor"
    """The role or subagent that does it."""
    files: TaskFiles = TaskFiles()
    defines: dict[str, Annotated[tuple[Symbol, ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    """What a file must define when the task is done; tells a new file that is cut from a whole one.

    It claims no file: that is what `files` is for.
    """
    acceptance: tuple[AcceptanceCriterion, ...] = ()
    estimate: Estimate | None = None

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """Return the edges that leave this task."""
        return (
            *(Dependency(task=self.id, on=each, kind="requires") for each in self.requires),
            *(Dependency(task=self.id, on=each, kind="relates") for each in self.relates),
        )


class AgentChoice(Frozen):
    """Which agent plays a role, and with which of its options."""

    agent: str
    options: dict[str, str] = Field(default_factory=dict)


class PlanHeader(Frozen):
    """A plan without its tasks: the document `plan.json`; tasks are documents of their own."""

    id: str
    objective: str = Field(min_length=1)
    summary: str = ""
    task_order: tuple[TaskId, ...] = ()
    agents: dict[str, AgentChoice] = Field(default_factory=dict)
    """Agents by role, where the plan asks for others than the configuration does."""
    warnings: tuple[str, ...] = ()
    """What a person should know before approving, for instance that a reply was cut off."""
    created_at: datetime
    created_by: Actor
    source: str = "tasks"
    """Where the tasks came from: `agent:gemini`, `import:plan.md`, `tasks`."""
    session_id: str = ""


class Plan(Frozen):
    """A plan with its tasks, in their order."""

    header: PlanHeader
    tasks: tuple[Task, ...]

    @property
    def id(self) -> str:
        """Return the plan's id."""
        return self.header.id

    @property
    def objective(self) -> str:
        """Return what was asked."""
        return self.header.objective

    @property
    def version(self) -> str:
        """Return the hash of all that approval is about: change any of it and it is another plan.

        SPEC P4. Who made the plan and when is left out, so a plan that goes back to its former
        content is the former version again.
        """
        return content_hash(definition(self))

    def task(self, task_id: str) -> Task:
        """Return the task of that exact id.

        Raises:
            KeyError: there is none.
        """
        for each in self.tasks:
            if each.id == task_id:
                return each
        raise KeyError(task_id)


def definition(plan: Plan) -> dict[str, Any]:
    """Return the part of a plan that is approved, exported and imported, as a JSON object."""
    header = to_json(plan.header)
    approved = ("objective", "summary", "agents")
    kept: dict[str, Any] = {name: header[name] for name in approved if name in header}
    return kept | {"tasks": [to_json(task) for task in plan.tasks]}


def short_version(version: str) -> str:
    """Return the beginning of a version, as people see it."""
    return version[:VERSION_LENGTH]


class Decision(StrEnum):
    """What a person said of a plan."""

    APPROVED = "approved"
    REJECTED = "rejected"


class Approval(Frozen):
    """A person's word on one exact version of a plan (SPEC P4)."""

    decision: Decision
    version: str
    by: Actor
    at: datetime
    reason: str = ""
    seal: str = ""
    """Shows that the word was given on this machine; see `podium.entities.signing`."""


class PlanDraft(Frozen):
    """What an architect, a file or a person hands in: a plan before it has an id."""

    summary: str = ""
    tasks: tuple[Task, ...] = Field(min_length=1)


class TaskDiff(Frozen):
    """How one task differs between two versions."""

    id: str
    change: Literal["added", "dropped", "changed"]
    fields: tuple[str, ...] = ()


def diff_tasks(old: Plan, new: Plan) -> tuple[TaskDiff, ...]:
    """Return how the tasks differ, in the order of the new version, dropped ones last."""
    before = {task.id: task for task in old.tasks}
    after = {task.id: task for task in new.tasks}
    rows: list[TaskDiff] = []
    for task in new.tasks:
        former = before.get(task.id)
        if former is None:
            rows.append(TaskDiff(id=task.id, change="added"))
        elif former != task:
            fields = tuple(
                name for name in Task.model_fields if getattr(former, name) != getattr(task, name)
            )
            rows.append(TaskDiff(id=task.id, change="changed", fields=fields))
    rows.extend(TaskDiff(id=each, change="dropped") for each in before if each not in after)
    return tuple(rows)
