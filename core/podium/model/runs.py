"""A run as data: attempts, steps, gates and intents; must not know how they are carried out."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from podium.model.agents import Limits, Outcome, Role, Usage
from podium.model.base import Frozen, SetBy
from podium.model.events import Actor
from podium.model.findings import Observation, Severity
from podium.model.plans import AgentChoice, Plan
from podium.model.states import PHASE_MACHINE, RUN_MACHINE, Phase, RunState


class RunMode(StrEnum):
    """How tasks follow one another (SPEC R2)."""

    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"


class GateCommand(Frozen):
    """A command that must end with code 0 (SPEC R9)."""

    name: str
    command: tuple[str, ...] = Field(min_length=1)
    timeout_seconds: float = Field(default=900, gt=0)


class RunSettings(Frozen):
    """How a run goes: the section `run` of the settings; each run keeps those of its start."""

    max_parallel: Annotated[int, SetBy("PODIUM_MAX_PARALLEL")] = Field(default=1, ge=1, le=64)
    """Number of tasks that are carried out at the same time."""
    max_attempts: Annotated[int, SetBy("PODIUM_MAX_ATTEMPTS")] = Field(default=3, ge=1, le=20)
    """Number of attempts at a task before it counts as failed."""
    max_recovery_attempts: Annotated[int, SetBy("PODIUM_MAX_RECOVERY_ATTEMPTS")] = Field(
        default=1, ge=0, le=10
    )
    """Number of repairs by the consultant of one attempt that a gate refused."""
    audit: bool = False
    """Have an auditor agent review every attempt that passed the gates."""
    max_audit_rounds: int = Field(default=2, ge=1, le=10)
    """Number of reviews of one attempt; between reviews the consultant repairs what blocks."""
    audit_blocks: tuple[Severity, ...] = (Severity.ERROR,)
    """Findings of these severities keep an attempt from being merged."""
    limits: Limits = Limits()


class Run(Frozen):
    """One execution of a plan: the document `run.json`; written by the runner once it runs."""

    id: str
    plan_id: str
    plan_version: str
    mode: RunMode = RunMode.SEQUENTIAL
    settings: RunSettings = RunSettings()
    agents: dict[str, AgentChoice] = Field(default_factory=dict)
    """Agents by role, settled when the run was made."""
    setup: tuple[GateCommand, ...] = ()
    """Commands that prepare a fresh worktree."""
    gates: tuple[GateCommand, ...] = ()
    task_ids: tuple[str, ...]
    state: RunState = RUN_MACHINE.start
    reason: str = ""
    base_commit: str
    target_branch: str
    integration_branch: str
    created_at: datetime
    created_by: Actor
    plan: Plan | None = None
    """The plan as it was approved: what happens to the plan meanwhile does not change the run."""
    seal: str = ""
    """Shows that the run was started on this machine; see `podium.entities.signing`."""
    started_at: datetime | None = None
    ended_at: datetime | None = None


class RequestedState(StrEnum):
    """What a person wants of a run."""

    RUN = "run"
    PAUSE = "pause"
    CANCEL = "cancel"


class RunRequest(Frozen):
    """The wish of a person: the document `intent.json`; written by faces, read by the runner."""

    want: RequestedState = RequestedState.RUN
    by: Actor
    at: datetime


class Problem(Frozen):
    """One thing that a gate holds against an attempt."""

    message: str
    path: str = ""
    line: int | None = None


class GateResult(Frozen):
    """What a gate said of an attempt."""

    gate: str
    passed: bool
    summary: str
    problems: tuple[Problem, ...] = ()
    output_tail: str = ""
    seconds: float = 0.0
    stage: Literal["attempt", "merged"] = "attempt"
    """On the attempt's own tree, or on the tree after merging."""


class Step(Frozen):
    """One agent call of an attempt."""

    key: str
    agent: str
    role: Role
    outcome: Outcome | None = None
    """None while it is under way."""
    detail: str = ""
    text_tail: str = ""
    denied: tuple[str, ...] = ()
    retry_after_seconds: float | None = None
    usage: Usage = Usage()
    started_at: datetime | None = None
    ended_at: datetime | None = None


class CriterionVerdict(Frozen):
    """What an auditor says of one criterion."""

    id: str
    passed: bool
    why: str = ""


class AuditVerdict(Frozen):
    """What the auditor said of an attempt, every place verified."""

    auditor: str
    """The agent."""
    passed: bool
    """Nothing blocks."""
    summary: str
    criteria: tuple[CriterionVerdict, ...] = ()
    observations: tuple[Observation, ...] = ()


class Attempt(Frozen):
    """One try at a task."""

    number: int = Field(ge=1)
    branch: str
    base_commit: str = ""
    checkpoint: str = ""
    """The commit that the worktree can return to (SPEC R6)."""
    steps: tuple[Step, ...] = ()
    gates: tuple[GateResult, ...] = ()
    recoveries: int = Field(default=0, ge=0)
    """How often the consultant was asked to mend it."""
    audits: int = Field(default=0, ge=0)
    """How often it was reviewed."""
    audit: AuditVerdict | None = None
    """The latest review."""
    changed_files: tuple[str, ...] = ()
    commit: str = ""
    merged_commit: str = ""
    problem: str = ""
    """Why it failed, in one sentence."""
    feedback: str = ""
    """What the next attempt is told."""
    hopeless: bool = False
    """Another try would end the same way: the agent is not there, or nobody is logged in."""
    started_at: datetime
    ended_at: datetime | None = None


class TaskRun(Frozen):
    """A task inside a run: the document `tasks/<task>.json` of the run."""

    task_id: str
    phase: Phase = PHASE_MACHINE.start
    attempts: tuple[Attempt, ...] = ()
    reason: str = ""

    @property
    def attempt(self) -> Attempt:
        """Return the latest attempt; there is one in every phase after `waiting`."""
        return self.attempts[-1]

    @property
    def is_landing(self) -> bool:
        """Tell whether its commit may be on the integration branch already."""
        return self.phase is Phase.MERGING and bool(self.attempt.merged_commit)


ACTIVE_PHASES = frozenset(
    {
        Phase.PREPARING,
        Phase.EXECUTING,
        Phase.CHECKING,
        Phase.REPAIRING,
        Phase.REVIEWING,
        Phase.MERGING,
    }
)
END_PHASES = frozenset({Phase.DONE, Phase.FAILED, Phase.BLOCKED, Phase.CANCELLED})
END_STATES = frozenset({RunState.COMPLETED, RunState.PARTIAL, RunState.FAILED, RunState.CANCELLED})
