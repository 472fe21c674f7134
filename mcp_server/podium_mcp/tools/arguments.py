"""What each tool takes; the words are what a model reads, so every one is paid for.

Limits are part of the validation and not of the schema where a host need not know them.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from podium_mcp.tools.tool import Input


def _at_most(limit: int) -> AfterValidator:
    def check(value: str) -> str:
        if len(value) > limit:
            raise ValueError(f"at most {limit} characters")
        return value

    return AfterValidator(check)


Id = Annotated[str, _at_most(100)]
Line = Annotated[str, _at_most(200)]
Text = Annotated[str, _at_most(20_000)]
Cursor = Annotated[str, _at_most(200)]
Files = Annotated[list[Annotated[str, _at_most(1024)]], AfterValidator(lambda v: _few(v, 200))]


def _few(values: list[Any], limit: int) -> list[Any]:
    if len(values) > limit:
        raise ValueError(f"at most {limit} items")
    return values


class Criterion(Input):
    """What must be shown before a task is done."""

    text: Text
    command: list[Text] | None = Field(None, description="exit 0 shows it")


class NewTask(Input):
    """A task of a plan."""

    id: Id | None = None
    title: Line
    description: Text | None = None
    requires: list[Id] | None = Field(None, description="task ids that must be done first")
    files: Files | None = Field(None, description="it creates or changes")
    defines: dict[str, list[Line]] | None = Field(
        None, description="by file, functions and classes that must be there at the end"
    )
    accept: list[Criterion] | None = Field(None, description="acceptance criteria")


class PlanCreate(Input):
    """The arguments of plan_create."""

    objective: Text
    tasks: Annotated[list[NewTask], AfterValidator(lambda v: _few(v, 500))]
    summary: Text | None = None


class PlanGet(Input):
    """The arguments of plan_get."""

    plan: Id | None = Field(None, description="default: list plans")
    task: Id | None = None
    detail: Literal["brief", "full"] = "brief"
    cursor: Cursor | None = None


class Edit(Input):
    """One edit of a plan."""

    op: Literal["add", "set", "drop", "first"]
    task: Id | None = Field(None, description="task to set, drop, put first or add after")
    fields: dict[str, Any] | None = Field(
        None, description="of a task as in plan_create; without task: objective, summary"
    )


class PlanUpdate(Input):
    """The arguments of plan_update."""

    plan: Id
    version: Id = Field(description="as last read")
    edits: Annotated[list[Edit], AfterValidator(lambda v: _few(v, 200))]


class OnePlan(Input):
    """The arguments of plan_check."""

    plan: Id | None = None


class PlanApprove(Input):
    """The arguments of plan_approve."""

    plan: Id
    version: Id


class PlanExport(Input):
    """The arguments of plan_export."""

    plan: Id
    format: Literal["markdown", "json", "csv", "mermaid"] = "markdown"
    path: Annotated[str, _at_most(1024)] | None = Field(None, description="in the project")


class TaskNext(Input):
    """The arguments of task_next."""

    plan: Id | None = Field(None, description="default: newest approved")
    claim: bool = True


class Shown(Input):
    """A piece of evidence that the server checks itself."""

    criterion: Id | None = Field(None, description="default: all")
    file: Annotated[str, _at_most(1024)]
    contains: Text


class TaskUpdate(Input):
    """The arguments of task_update."""

    task: Id = Field(description="plan/task")
    state: Literal["done", "blocked", "failed", "pending"] | None = None
    percent: int | None = None
    note: Text | None = Field(None, description="what later tasks should know")
    reason: Text | None = Field(None, description="needed for blocked, failed")
    evidence: Annotated[list[Shown], AfterValidator(lambda v: _few(v, 50))] | None = Field(
        None, description="files that show criteria without a command"
    )
    ask_person: bool = Field(False, description="confirm criteria that nothing shows")
    lease: Id | None = Field(None, description="from task_next; needed after a restart")


class RunStart(Input):
    """The arguments of run_start."""

    plan: Id
    parallel: int | None = Field(None, description="tasks at once")
    agent: Id | None = None


class RunStatus(Input):
    """The arguments of run_status."""

    run: Id | None = Field(None, description="default: latest")
    since: Cursor | None = Field(None, description="cursor")
    wait_s: int = Field(0, description="0-50: until something changes")


class RunControl(Input):
    """The arguments of run_control."""

    run: Id
    action: Literal["pause", "resume", "cancel", "retry"]


class FindingList(Input):
    """The arguments of finding_list."""

    where: Text | None = Field(None, description="e.g. severity:error path:src/a.py words")
    cursor: Cursor | None = None


class FindingUpdate(Input):
    """The arguments of finding_update."""

    finding: Id | None = Field(None, description="omit to add one")
    status: Literal["open", "fixed", "dismissed"] | None = None
    reason: Text | None = None
    path: Annotated[str, _at_most(1024)] | None = None
    line: int | None = None
    severity: Literal["error", "warning", "info", "hint"] | None = None
    message: Text | None = None
    task: Id | None = None


class SessionList(Input):
    """The arguments of session_list."""

    session: Id | None = Field(None, description="read this one")
    where: Text | None = Field(None, description="e.g. type:planning state:active words")
    cursor: Cursor | None = None


class Think(Input):
    """The arguments of think."""

    thought: Text
    total: int | None = Field(None, description="estimate")
    revises: int | None = None
    branch_from: int | None = None
    branch: Line | None = None
    session: Id | None = None


class CheckSyntax(Input):
    """The arguments of check_syntax."""

    path: Annotated[str, _at_most(1024)]
    text: Annotated[str, _at_most(1_000_000)] | None = Field(None, description="unsaved text")
