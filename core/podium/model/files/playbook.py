"""The schema of playbooks, explained in docs/playbook.md."""

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, ConfigDict, Field, JsonValue, model_validator

from podium.model.agents import CallPurpose, Outcome, Role, Usage
from podium.model.base import Frozen, to_json
from podium.model.paths import path_problem

NO_FINDINGS = '{"findings": []}'
"""The auditor's reply if the playbook does not contain one."""
NO_ANSWERS = '{"confirmed": []}'
"""The reply to a question about doubts if the playbook does not contain one."""


def _acceptable(path: str) -> str:
    problem = path_problem(path)
    if problem:
        raise ValueError(f"{path!r} cannot be used as a path: {problem}")
    return path


def _fails(outcome: Outcome) -> Outcome:
    if outcome is Outcome.COMPLETED:
        raise ValueError("an attempt that completes does not need a fail step; remove it")
    return outcome


FilePath = Annotated[str, AfterValidator(_acceptable)]
"""Path of a file inside the working folder, relative to it."""


class WriteStep(Frozen):
    """Create a file or replace its content."""

    path: FilePath
    content: str


class ReplaceStep(Frozen):
    """Replace a string that occurs exactly once in a file."""

    path: FilePath
    old: str = Field(min_length=1)
    new: str


class TruncateStep(Frozen):
    """Write only the first bytes of the content, as if a truncated reply had been saved."""

    path: FilePath
    content: str
    at: int = Field(ge=0)
    """Number of bytes to write."""


class ConfirmStep(Frozen):
    """Confirm a doubtful place in a file, as an answer to a doubt."""

    place: str = Field(min_length=1)
    """`path:line`, or only the path if there is one doubt about the file."""
    reason: str = Field(min_length=1)
    """What replaces the text that seems to be missing."""


class FailStep(Frozen):
    """End the call with an outcome other than success."""

    outcome: Annotated[Outcome, AfterValidator(_fails)]
    detail: str = ""
    retry_after_seconds: float | None = Field(default=None, ge=0)


def _describe_step(schema: dict[str, Any]) -> None:
    """Require exactly one field, and accept the old name of `truncate`."""
    schema |= {"minProperties": 1, "maxProperties": 1}
    properties = schema["properties"]
    properties["cut"] = {**properties["truncate"], "deprecated": True}


class Step(Frozen):
    """One action; sets exactly one field."""

    model_config = ConfigDict(json_schema_extra=_describe_step)

    write: WriteStep | None = None
    """Create or replace a file."""
    replace: ReplaceStep | None = None
    """Replace one string in a file."""
    delete: FilePath | None = None
    """Delete a file."""
    truncate: TruncateStep | None = Field(
        default=None, validation_alias=AliasChoices("truncate", "cut")
    )
    """Write only the beginning of a file; previously called `cut`."""
    run: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """Run a command in the working folder: program and arguments, no shell."""
    say: str | None = None
    """Append text to the reply."""
    confirm: ConfirmStep | None = None
    """Confirm a doubt; only under `doubts` and `doubt_audits`."""
    reject: ConfirmStep | None = None
    """Reject a doubt; only under `doubt_audits`."""
    use: Usage | None = None
    """Report tokens or a cost, in addition to those reported before."""
    delay: Annotated[float, Field(ge=0)] | None = None
    """Wait for this many seconds."""
    fail: FailStep | None = None
    """End the call without success."""
    garbage: str | None = None
    """Print a line that is not an event."""
    hang: Literal[True] | None = None
    """Never end, to test time limits."""
    crash: Literal[True] | None = None
    """Exit without a final message."""

    @model_validator(mode="after")
    def _hold_one(self) -> "Step":
        given = [name for name in Step.model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            known = ", ".join(Step.model_fields)
            raise ValueError(f"a step sets exactly one of: {known}; this one sets {len(given)}")
        return self


Attempt = tuple[Step, ...]
"""The steps of one attempt."""
Attempts = Annotated[tuple[Attempt, ...], Field(min_length=1)]
"""The attempts, in order; further attempts repeat the last one."""


class Playbook(Frozen):
    """A complete playbook."""

    model_config = ConfigDict(title="Podium playbook")

    version: Literal[1]
    objective: str = ""
    """The goal of the plan."""
    plan: dict[str, JsonValue] | None = None
    """The architect's reply, verbatim."""
    tasks: dict[str, Attempts] = Field(default_factory=dict)
    """Attempts of the executor, by task."""
    audits: dict[str, Attempts] = Field(default_factory=dict)
    """Attempts of the auditor, by task; without an entry it reports no findings."""
    fixes: dict[str, Attempts] = Field(default_factory=dict)
    """Attempts of the consultant, by task."""
    doubts: dict[str, Attempts] = Field(default_factory=dict)
    """What the agent does when it is asked about doubts in its files, by task; without an entry it
    leaves them open."""
    doubt_audits: dict[str, Attempts] = Field(default_factory=dict)
    """What the auditor answers when it is asked about doubts, by task; without an entry it rejects
    them."""

    def attempt(
        self, role: Role, task_id: str, number: int, purpose: CallPurpose = CallPurpose.WORK
    ) -> Attempt | None:
        """Return the steps of an attempt, or None if the playbook does not have any for the task.

        Args:
            role: executor, auditor or consultant.
            task_id: the id of the task.
            number: the 1-based number of the attempt.
            purpose: what the call is for.
        """
        scripts: dict[str, Attempts] = getattr(self, script_name(role, purpose))
        attempts = scripts.get(task_id)
        if attempts is not None:
            return attempts[min(number, len(attempts)) - 1]
        if purpose is CallPurpose.DOUBTS:
            return (Step(say=NO_ANSWERS),)
        return (Step(say=NO_FINDINGS),) if role is Role.AUDITOR else None


def script_name(role: Role, purpose: CallPurpose = CallPurpose.WORK) -> str:
    """Return the name of the field with the attempts of a role."""
    if purpose is CallPurpose.DOUBTS:
        return "doubt_audits" if role is Role.AUDITOR else "doubts"
    return {Role.AUDITOR: "audits", Role.CONSULTANT: "fixes"}.get(role, "tasks")


def with_answers(steps: Attempt) -> Attempt:
    """Return the steps with all answers to doubts as one text at the end of the reply."""
    given = {
        "confirmed": [to_json(each.confirm) for each in steps if each.confirm is not None],
        "rejected": [to_json(each.reject) for each in steps if each.reject is not None],
    }
    if not any(given.values()):
        return steps
    others = (each for each in steps if each.confirm is None and each.reject is None)
    return (*others, Step(say=json.dumps(given, ensure_ascii=False)))


def plain(step: Step) -> dict[str, Any]:
    """Return a step in the form that the player expects: an object with one key."""
    return step.model_dump(mode="json", exclude_none=True)
