"""Plans and tasks, the objects of approval."""

import operator
import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, Field, model_validator

from podium.model.base import ID_PATTERN, Frozen, content_hash, to_json
from podium.model.events import Actor
from podium.model.paths import path_parts, path_problem


def _branch_part(name: str) -> str:
    if name.lower().endswith(".lock"):
        raise ValueError("git does not allow branch names that end with .lock")
    return name


TaskId = Annotated[
    str,
    Field(pattern=ID_PATTERN, max_length=48),
    AfterValidator(_branch_part),
]
"""Unique within its plan. Also part of a branch name and a file name, hence no two dots in a row
and no trailing dot."""


def _symbol(name: str) -> str:
    if any(unicodedata.category(letter)[0] in "CZ" for letter in name):
        raise ValueError(
            "must be a bare name or a path like Class.method, without spaces or control characters"
        )
    return name


Symbol = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_symbol)]
"""A function or class, by its path in the syntax check: `total`, `Ledger.total`."""

VERSION_LENGTH = 12
"""Number of hexadecimal digits to display of a version; comparisons use the whole hash."""


class Priority(StrEnum):
    """The priority of a task among the ready ones."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def rank(self) -> int:
        """Return the sort order; 0 is the most urgent."""
        return _RANKS[self]


_RANKS = {each: index for index, each in enumerate(Priority)}


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
        """Return the declared paths as components, normalized for all file systems.

        `./src//A.py` and `src/a.py` are the same claim, because some file systems treat them as the
        same file.
        """
        return frozenset(tuple(_folded(part) for part in path_parts(path)) for path in self.all)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


class Estimate(Frozen):
    """The estimated duration of a task, and the confidence in it."""

    minutes: float = Field(gt=0)
    confidence: float = Field(default=0.5, ge=0, le=1)


def _expected_path(text: str) -> str:
    if problem := path_problem(text):
        raise ValueError(problem)
    return "/".join(path_parts(text))


class ExpectedFile(Frozen):
    """A file of the project that exists, or contains a text, when a criterion is met."""

    path: Annotated[str, AfterValidator(_expected_path)]
    contains: str = ""
    """The text; empty if it is enough that the file exists."""

    @model_validator(mode="before")
    @classmethod
    def _accept_text(cls, value: Any) -> Any:
        """Accept `PATH` or `PATH contains TEXT`."""
        if not isinstance(value, str):
            return cast("Any", value)
        path, _, text = value.partition(" contains ")
        return {"path": path, "contains": text}


class Judge(StrEnum):
    """Who decides whether a criterion is met, if nothing else can show it."""

    AUDITOR = "auditor"
    PERSON = "person"


class CriterionKind(StrEnum):
    """The kind of evidence that a criterion asks for."""

    COMMAND = "command"
    TEST = "test"
    FILE = "file"
    AUDITOR = "auditor"
    PERSON = "person"
    ANY = "any"
    """It names none: evidence of any kind meets it."""


class AcceptanceCriterion(Frozen):
    """A condition that needs evidence before the task can be done.

    It names at most one kind of evidence.
    """

    id: TaskId
    text: str = Field(min_length=1)
    command: tuple[str, ...] = ()
    """A command that proves the criterion by exiting with code 0; a list of words, not a shell
    command."""
    test: str = ""
    """The id of a test that passes, as the project's test command accepts it after its own words:
    `tests/test_list.py::test_json`."""
    file: ExpectedFile | None = None
    """A file that exists or contains a text when the criterion is met."""
    by: Judge | None = None
    """Who decides: the auditor who reviews the change, or a person who is asked."""

    @model_validator(mode="after")
    def _check_one_kind(self) -> "AcceptanceCriterion":
        given = [name for name in ("command", "test", "file", "by") if getattr(self, name)]
        if len(given) > 1:
            raise ValueError(f"names {' and '.join(given)}; give one of them")
        return self

    @property
    def kind(self) -> CriterionKind:
        """The kind of evidence that it asks for."""
        if self.by is not None:
            return CriterionKind(self.by)
        if self.file is not None:
            return CriterionKind.FILE
        if self.test:
            return CriterionKind.TEST
        return CriterionKind.COMMAND if self.command else CriterionKind.ANY


class Dependency(Frozen):
    """An edge of the plan's graph."""

    task: TaskId
    on: TaskId
    kind: Literal["requires", "relates"]


class Task(Frozen):
    """A unit of work."""

    id: TaskId
    title: str = Field(min_length=1, max_length=200)
    description: str = ""
    requires: tuple[TaskId, ...] = ()
    """Tasks that must be done first."""
    relates: tuple[TaskId, ...] = ()
    """Related tasks; they do not affect the order."""
    priority: Priority = Priority.NORMAL
    role: str = "executor"
    """The role or subagent that executes it."""
    files: TaskFiles = TaskFiles()
    defines: dict[str, Annotated[tuple[Symbol, ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    """Symbols that a file must define when the task is done; detects truncated new files.

    Does not claim the file; use `files` for that.
    """
    acceptance: tuple[AcceptanceCriterion, ...] = ()
    estimate: Estimate | None = None

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """Return the outgoing edges of this task."""
        return (
            *(Dependency(task=self.id, on=each, kind="requires") for each in self.requires),
            *(Dependency(task=self.id, on=each, kind="relates") for each in self.relates),
        )


class AgentChoice(Frozen):
    """The agent for a role, with its options, and the agents to fall back to."""

    agent: str
    options: dict[str, str] = Field(default_factory=dict)
    fallback: tuple["AgentChoice", ...] = ()
    """The next agents of the chain, in order of preference; written as a list of agents."""

    @model_validator(mode="before")
    @classmethod
    def _accept_names_and_lists(cls, value: Any) -> Any:
        """Accept the name of an agent, or a list whose first entry is the preferred agent."""
        if isinstance(value, str):
            return {"agent": value}
        if not isinstance(value, list | tuple) or not value:
            return cast("Any", value)
        first, *rest = cast("list[Any]", value)
        first = {"agent": first} if isinstance(first, str) else first
        return {**cast("dict[str, Any]", first), "fallback": rest} if rest else first

    @property
    def chain(self) -> tuple["AgentChoice", ...]:
        """Return all agents of the chain, each without fallbacks."""
        own = self.model_copy(update={"fallback": ()})
        return (own, *(each for choice in self.fallback for each in choice.chain))


class PlanHeader(Frozen):
    """A plan without its tasks: the document `plan.json`. Each task has its own document."""

    id: str
    objective: str = Field(min_length=1)
    summary: str = ""
    task_order: tuple[TaskId, ...] = ()
    agents: dict[str, AgentChoice] = Field(default_factory=dict)
    """Agents by role that override the configuration."""
    warnings: tuple[str, ...] = ()
    """Warnings to read before approval, for instance about a truncated reply."""
    created_at: datetime
    created_by: Actor
    source: str = "tasks"
    """Origin of the tasks: `agent:gemini`, `host` (the MCP host's own model), `import:plan.md`,
    `tasks`."""
    session_id: str = ""


class Plan(Frozen):
    """A plan with its tasks, in order."""

    header: PlanHeader
    tasks: tuple[Task, ...]

    @property
    def id(self) -> str:
        """Return the plan's id."""
        return self.header.id

    @property
    def objective(self) -> str:
        """Return the goal of the plan."""
        return self.header.objective

    @property
    def version(self) -> str:
        """Return the hash of the content covered by an approval; any change to it creates a new
        version.

        Author and date are excluded, so restoring earlier content restores the earlier version.
        """
        return _version_of(self)

    def task(self, task_id: str) -> Task:
        """Return the task with exactly this id.

        Raises:
            KeyError: the plan does not contain the task.
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
    # A single call serializes all tasks, with the same result as `to_json` of each one.
    tasks = plan.model_dump(mode="json", exclude_defaults=True, include={"tasks"})
    return kept | {"tasks": tasks["tasks"]}


_recent_versions: tuple[tuple[Plan, str], ...] = ()
_KEPT_VERSIONS = 4


def _version_of(plan: Plan) -> str:
    """Return the version of a plan; computed once for the same header and tasks."""
    global _recent_versions
    for known, version in _recent_versions:
        same = known.header is plan.header and len(known.tasks) == len(plan.tasks)
        if same and all(map(operator.is_, known.tasks, plan.tasks)):
            return version
    version = content_hash(definition(plan))
    _recent_versions = ((plan, version), *_recent_versions[: _KEPT_VERSIONS - 1])
    return version


def short_version(version: str) -> str:
    """Return the prefix of a version to display."""
    return version[:VERSION_LENGTH]


class Decision(StrEnum):
    """A person's decision on a plan."""

    APPROVED = "approved"
    REJECTED = "rejected"


class Approval(Frozen):
    """A person's decision on one exact version of a plan."""

    decision: Decision
    version: str
    by: Actor
    at: datetime
    reason: str = ""
    seal: str = ""
    """Signature proving that the decision was made here; see `podium.entities.signing`."""


class PlanDraft(Frozen):
    """A plan without an id, as submitted by an architect, in a file or by a person."""

    summary: str = ""
    tasks: tuple[Task, ...] = Field(min_length=1)


class TaskDiff(Frozen):
    """The differences in a task between two plan versions."""

    id: str
    change: Literal["added", "dropped", "changed"]
    fields: tuple[str, ...] = ()


def diff_tasks(old: Plan, new: Plan) -> tuple[TaskDiff, ...]:
    """Return the differences in the order of the new version, dropped tasks last."""
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
