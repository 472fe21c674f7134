"""What a playbook may hold (SPEC G2); must not know files. docs/playbook.md explains it."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, ConfigDict, Field, JsonValue, model_validator

from podium.model.agents import Outcome, Role
from podium.model.base import Frozen
from podium.model.paths import path_problem

NO_FINDINGS = '{"findings": []}'
"""What an auditor says where the playbook does not say otherwise."""


def _acceptable(path: str) -> str:
    problem = path_problem(path)
    if problem:
        raise ValueError(f"{path!r} cannot be used as a path: {problem}")
    return path


def _fails(outcome: Outcome) -> Outcome:
    if outcome is Outcome.COMPLETED:
        raise ValueError("an attempt that completes needs no fail step: leave it out")
    return outcome


FilePath = Annotated[str, AfterValidator(_acceptable)]
"""A file inside the working folder, relative to it."""


class WriteStep(Frozen):
    """Make or replace a whole file."""

    path: FilePath
    content: str


class ReplaceStep(Frozen):
    """Replace a text that occurs exactly once in a file."""

    path: FilePath
    old: str = Field(min_length=1)
    new: str


class TruncateStep(Frozen):
    """Write only the first bytes of a content: a truncated reply, saved over a file."""

    path: FilePath
    content: str
    at: int = Field(ge=0)
    """How many bytes arrive."""


class FailStep(Frozen):
    """End the call with another outcome than success."""

    outcome: Annotated[Outcome, AfterValidator(_fails)]
    detail: str = ""
    retry_after_seconds: float | None = Field(default=None, ge=0)


def _describe_step(schema: dict[str, Any]) -> None:
    """Say that a step holds exactly one field, and accept the former name of `truncate`."""
    schema |= {"minProperties": 1, "maxProperties": 1}
    properties = schema["properties"]
    properties["cut"] = {**properties["truncate"], "deprecated": True}


class Step(Frozen):
    """One thing that is done; exactly one field is given."""

    model_config = ConfigDict(json_schema_extra=_describe_step)

    write: WriteStep | None = None
    """Make or replace a file."""
    replace: ReplaceStep | None = None
    """Change one place of a file."""
    delete: FilePath | None = None
    """Remove a file."""
    truncate: TruncateStep | None = Field(
        default=None, validation_alias=AliasChoices("truncate", "cut")
    )
    """Write only the beginning of a file; `cut` is its former name."""
    run: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """Run a command in the working folder: program and arguments, no shell."""
    say: str | None = None
    """Add to the reply's text."""
    delay: Annotated[float, Field(ge=0)] | None = None
    """Wait so many seconds."""
    fail: FailStep | None = None
    """End the call without success."""
    garbage: str | None = None
    """Print a line that is no event."""
    hang: Literal[True] | None = None
    """Never end: for limits."""
    crash: Literal[True] | None = None
    """Die without a last word."""

    @model_validator(mode="after")
    def _hold_one(self) -> "Step":
        given = [name for name in Step.model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            known = ", ".join(Step.model_fields)
            raise ValueError(f"a step holds exactly one of: {known}; here are {len(given)}")
        return self


Attempt = tuple[Step, ...]
"""The steps of one try."""
Attempts = Annotated[tuple[Attempt, ...], Field(min_length=1)]
"""The tries, in order; the last one is repeated."""


class Playbook(Frozen):
    """A whole script."""

    model_config = ConfigDict(title="Podium playbook")

    version: Literal[1]
    objective: str = ""
    """What the plan is for."""
    plan: dict[str, JsonValue] | None = None
    """What the architect answers, as it stands."""
    tasks: dict[str, Attempts] = Field(default_factory=dict)
    """What the executor does, by task."""
    audits: dict[str, Attempts] = Field(default_factory=dict)
    """What the auditor does, by task; without an entry it finds nothing."""
    fixes: dict[str, Attempts] = Field(default_factory=dict)
    """What the consultant does, by task."""

    def attempt(self, role: Role, task_id: str, number: int) -> Attempt | None:
        """Return the steps of one try, or None when the playbook has none for that task.

        Args:
            role: executor, auditor or consultant.
            task_id: the task.
            number: which try it is; the first is 1.
        """
        scripts = {Role.AUDITOR: self.audits, Role.CONSULTANT: self.fixes}.get(role, self.tasks)
        attempts = scripts.get(task_id)
        if attempts is None:
            return (Step(say=NO_FINDINGS),) if role is Role.AUDITOR else None
        return attempts[min(number, len(attempts)) - 1]


def plain(step: Step) -> dict[str, Any]:
    """Return a step as the player reads it: an object with one key."""
    return step.model_dump(mode="json", exclude_none=True)
