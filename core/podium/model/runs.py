"""Runs, attempts, steps, gate results and intents."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from podium.model.agents import (
    AgentPolicy,
    AskKind,
    Billing,
    BudgetSettings,
    CacheSettings,
    CallPurpose,
    Limits,
    Outcome,
    Role,
    Usage,
)
from podium.model.base import Frozen, SetBy, Tagged
from podium.model.doubts import AnsweredDoubt, Doubt, DoubtJudge, WhoIsAsked
from podium.model.events import Actor
from podium.model.findings import Observation, Severity
from podium.model.paths import path_parts, path_problem
from podium.model.plans import AgentChoice, Plan
from podium.model.sandbox import Sandbox
from podium.model.states import PHASE_MACHINE, RUN_MACHINE, Phase, RunState


def _inside(text: str) -> str:
    if problem := path_problem(text):
        raise ValueError(problem)
    return "/".join(path_parts(text))


ProjectPath = Annotated[str, AfterValidator(_inside)]
"""A file or folder in the project, relative to its top."""


class RunMode(StrEnum):
    """The order in which tasks are executed."""

    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"


class GateCommand(Frozen):
    """A command that must exit with code 0."""

    name: str
    command: tuple[str, ...] = Field(min_length=1)
    timeout_seconds: float = Field(default=900, gt=0)


class SetupCommand(GateCommand):
    """A command that prepares a worktree."""

    lock_files: tuple[ProjectPath, ...] = ()
    """Files that determine what the command installs, such as `package-lock.json`. The command is
    not repeated in a worktree that was prepared with the same files. If empty, it always runs.
    """


class WorktreeSettings(Frozen):
    """What a worktree needs besides its commit; each run keeps a copy from its start."""

    copy_ignored: tuple[ProjectPath, ...] = ()
    """Files and folders to copy from the project's checkout, such as `.env`."""
    link_ignored: tuple[ProjectPath, ...] = ()
    """Files and folders to link to the project's checkout, such as a cache. Agents can change the
    linked files."""
    keep: tuple[ProjectPath, ...] = ()
    """Folders, such as `node_modules`, whose contents are kept when a worktree is reused, while the
    set-up commands and their lock files are unchanged."""
    teardown: tuple[GateCommand, ...] = ()
    """Commands to run in a worktree after its task, such as one that stops a database."""
    warm_from_files: int = Field(default=200, ge=0)
    """Reuse worktrees in repositories with about this many files or more, or with `keep` or lock
    files. In smaller ones, a new worktree is just as quick."""


class RunSettings(Frozen):
    """The settings section `run`; each run keeps a copy from its start."""

    max_parallel: Annotated[int, SetBy("PODIUM_MAX_PARALLEL")] = Field(default=1, ge=1, le=64)
    """Maximum number of tasks that are executed at the same time."""
    max_attempts: Annotated[int, SetBy("PODIUM_MAX_ATTEMPTS")] = Field(default=3, ge=1, le=20)
    """Number of attempts before a task counts as failed."""
    max_recovery_attempts: Annotated[int, SetBy("PODIUM_MAX_RECOVERY_ATTEMPTS")] = Field(
        default=1, ge=0, le=10
    )
    """Maximum number of repairs by the consultant per attempt, after a gate rejected it."""
    audit: bool = False
    """Have an auditor agent review every attempt that has passed the gates."""
    max_audit_rounds: int = Field(default=2, ge=1, le=10)
    """Maximum number of reviews per attempt; the consultant fixes blocking findings in between."""
    audit_blocks: tuple[Severity, ...] = (Severity.ERROR,)
    """Severities of findings that prevent an attempt from being merged."""
    doubts: DoubtJudge = DoubtJudge.AGENT
    """Who decides about doubts that the agent leaves open in its files: `auditor`, `person`, or
    `agent`, so that the attempt fails."""
    limits: Limits = Limits()


class Run(Frozen):
    """One execution of a plan: the document `run.json`, written by the runner once the run has
    started."""

    id: str
    plan_id: str
    plan_version: str
    mode: RunMode = RunMode.SEQUENTIAL
    settings: RunSettings = RunSettings()
    policy: AgentPolicy = AgentPolicy()
    """What to do when an agent fails; fixed when the run is created."""
    cache: CacheSettings = CacheSettings()
    """Which replies may be reused; fixed when the run is created."""
    budget: BudgetSettings = BudgetSettings()
    """What the calls may use; fixed when the run is created."""
    ask: tuple[AskKind, ...] = ()
    """The actions about which a person is asked; fixed when the run is created."""
    ask_seconds: float = Field(default=1800, gt=0)
    """How long a person has to answer; fixed when the run is created."""
    agents: dict[str, tuple[AgentChoice, ...]] = Field(default_factory=dict)
    """Agents by role, in order of preference; fixed when the run is created."""
    setup: tuple[SetupCommand, ...] = ()
    """Commands that prepare a worktree."""
    worktree: WorktreeSettings = WorktreeSettings()
    gates: tuple[GateCommand, ...] = ()
    sandbox: Sandbox = Sandbox()
    """How commands are confined; fixed when the run is created."""
    task_ids: tuple[str, ...]
    state: RunState = RUN_MACHINE.start
    reason: str = ""
    base_commit: str
    target_branch: str
    integration_branch: str
    created_at: datetime
    created_by: Actor
    past_calls: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """How long recent calls of earlier runs took, in seconds, by role and agent; fixed when the run
    is created. The limits of its calls are derived from it."""
    own_calls: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """How long this run's recent calls took; recorded when it ends, for later runs."""
    plan: Plan | None = None
    """The approved plan; later changes to the plan do not affect the run."""
    seal: str = ""
    """Signature proving that the run was started on this machine; see `podium.entities.signing`."""
    started_at: datetime | None = None
    ended_at: datetime | None = None


class RequestedState(StrEnum):
    """A user's request for a run."""

    RUN = "run"
    PAUSE = "pause"
    CANCEL = "cancel"


class RunRequest(Frozen):
    """The user's request: the document `intent.json`, written by faces and read by the runner."""

    want: RequestedState = RequestedState.RUN
    by: Actor
    at: datetime


class Problem(Frozen):
    """A problem found by a gate in an attempt."""

    message: str
    path: str = ""
    line: int | None = None


class GateResult(Frozen):
    """The result of a gate for an attempt."""

    gate: str
    passed: bool
    summary: str
    problems: tuple[Problem, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    """The doubts that are still to be answered; the gate fails as long as there are any."""
    answers: tuple[AnsweredDoubt, ...] = ()
    """The doubts that were answered, so that they do not stop the change."""
    output_tail: str = ""
    seconds: float = 0.0
    stage: Literal["attempt", "merged"] = "attempt"
    """Whether the gate checked the attempt's own tree or the tree after merging."""


class CacheUse(StrEnum):
    """Whether a call was answered with an earlier reply."""

    NONE = "none"
    """It was not looked for, because the call may change something or the cache is off."""
    MISS = "miss"
    HIT = "hit"


class AgentCall(Frozen):
    """One agent call in an attempt."""

    key: str
    agent: str
    role: Role
    purpose: CallPurpose = CallPurpose.WORK
    outcome: Outcome | None = None
    """None while the call is in progress."""
    detail: str = ""
    text_tail: str = ""
    denied: tuple[str, ...] = ()
    retry_after_seconds: float | None = None
    usage: Usage = Usage()
    model: str = ""
    """The model that answered, if it is known."""
    session_id: str = ""
    """The agent's own session, if a later call can continue it."""
    billing: Billing = Billing.UNKNOWN
    is_cost_computed: bool = False
    """Whether the cost comes from the price table, because the agent reports only tokens."""
    choice: int = Field(default=0, ge=0)
    """The index in the role's chain of the agent that was called; 0 is the preferred one."""
    chosen_because: str = ""
    """Why an agent other than the preferred one was called, in one sentence."""
    cache: CacheUse = CacheUse.NONE
    """Whether the reply was reused."""
    limits: Limits | None = None
    """The limits of the call; None if they were the configured ones."""
    limits_because: str = ""
    """Why they were shorter than the configured ones, in one sentence."""
    started_at: datetime | None = None
    ended_at: datetime | None = None


class LoneCall(Frozen):
    """An agent call that no run made, such as the architect's: the document `calls/<name>.json`."""

    plan_id: str = ""
    """The plan that it was for, if any."""
    task_id: str = ""
    call: AgentCall


class CriterionVerdict(Frozen):
    """An auditor's verdict on one criterion."""

    id: str
    passed: bool
    why: str = ""


class AuditVerdict(Frozen):
    """The auditor's review of an attempt, with every location verified."""

    auditor: str
    """The agent."""
    passed: bool
    """Whether no finding blocks the attempt."""
    summary: str
    criteria: tuple[CriterionVerdict, ...] = ()
    observations: tuple[Observation, ...] = ()


class _Result(Tagged):
    """Base class of step results.

    Args:
        path: the path of the step in the tree, see `podium.model.rules.steps`.
        summary: one line for display.
        problem: the reason why the step failed, in one sentence.
        feedback: text for the prompt of the next agent.
        changed: whether the attempt changed a file.
        repairable: whether an agent may repair the failure.
        asks: who is asked about the doubts for which alone the step failed.
        answers: answers to doubts that were given in the step.
    """

    path: str
    passed: bool
    summary: str = ""
    problem: str = ""
    feedback: str = ""
    changed: bool = True
    repairable: bool = False
    asks: WhoIsAsked = WhoIsAsked.NO_ONE
    answers: tuple[AnsweredDoubt, ...] = ()
    gates: tuple[GateResult, ...] = ()


class AgentResult(_Result):
    """The result of an agent step; a review adds its verdict and its gate."""

    type: Literal["agent"] = "agent"
    calls: tuple[AgentCall, ...] = ()
    outcome: Outcome | None = None
    """The outcome of the last call; determines whether another attempt makes sense."""
    verdict: AuditVerdict | None = None


class GatesResult(_Result):
    """The result of a gate step, the setup, or the gates on the merged tree."""

    type: Literal["gates"] = "gates"
    commit: str = ""
    to_confirm: tuple[str, ...] = ()
    """The criteria about which a person has to be asked before the change is merged."""


class CommandStepResult(_Result):
    """The result of a command; its output is in `gates`."""

    type: Literal["command"] = "command"


class WaitResult(_Result):
    """The result of a question."""

    type: Literal["wait"] = "wait"
    question: str = ""
    answer: str = ""


StepResult = Annotated[
    AgentResult | GatesResult | CommandStepResult | WaitResult, Field(discriminator="type")
]


def given_answers(result: StepResult) -> tuple[AnsweredDoubt, ...]:
    """Return the answers to doubts in the result of a step, and in those of its gates."""
    return (*result.answers, *(each for gate in result.gates for each in gate.answers))


class Attempt(Frozen):
    """One attempt at a task."""

    number: int = Field(ge=1)
    branch: str
    base_commit: str = ""
    checkpoint: str = ""
    """The commit to which the worktree can be reset."""
    at: str = ""
    """The path of the step that is due or being carried out; empty outside the tree."""
    results: tuple[StepResult, ...] = ()
    """The results of the steps, oldest first; one per path."""
    tries: tuple[AgentCall, ...] = ()
    """Failed calls of the step that is due, after which another agent is called."""
    choice: int = Field(default=0, ge=0)
    """The position in the chain of the agent that the current step calls next; recorded before the
    call."""
    chosen_because: str = ""
    """Why that agent is not the preferred one, in one sentence."""
    call_keys: dict[str, str] = Field(default_factory=dict)
    """Call keys by path, where an older version chose a different key than `call_key` does."""
    changed_files: tuple[str, ...] = ()
    commit: str = ""
    merged_commit: str = ""
    problem: str = ""
    """The reason why it failed, in one sentence."""
    feedback: str = ""
    """Feedback for the prompt of the next attempt."""
    hopeless: bool = False
    """Another attempt would fail in the same way: the agent is not installed or not logged in."""
    counts: bool = True
    """Whether it counts towards the maximum.

    False if it failed for an outside cause: the machine was out of a resource, or the worktree was
    deleted.
    """
    started_at: datetime
    ended_at: datetime | None = None

    @property
    def calls(self) -> tuple[AgentCall, ...]:
        """Return all agent calls, oldest first."""
        done = tuple(call for each in self._agent_results for call in each.calls)
        return done + self.tries

    @property
    def work(self) -> tuple[AgentCall, ...]:
        """Return the agent calls that worked on the task, without those that only answered."""
        return tuple(each for each in self.calls if each.purpose is CallPurpose.WORK)

    @property
    def doubts(self) -> tuple[AnsweredDoubt, ...]:
        """Return the latest answer to each doubt that confirms the change in question."""
        given = (each for result in self.results for each in given_answers(result))
        return tuple({each.doubt.key: each for each in given if each.settles}.values())

    @property
    def gates(self) -> tuple[GateResult, ...]:
        """Return the latest result of each gate: on the attempt's tree, then on the merged one."""
        attempt: tuple[GateResult, ...] = ()
        merged: tuple[GateResult, ...] = ()
        for result in self.results:
            if any(gate.stage == "merged" for gate in result.gates):
                merged = result.gates
            elif isinstance(result, GatesResult):
                attempt = result.gates
            else:
                names = {gate.gate for gate in result.gates}
                attempt = (*(each for each in attempt if each.gate not in names), *result.gates)
        return attempt + merged

    @property
    def review(self) -> AuditVerdict | None:
        """Return the auditor's verdict on the latest change, or None."""
        verdict = None
        for result in self.results:
            if isinstance(result, AgentResult):
                verdict = result.verdict or verdict
            elif isinstance(result, GatesResult) and result.gates != ():
                verdict = verdict if result.gates[0].stage == "merged" else None
        return verdict

    @property
    def repairs(self) -> int:
        """Return the number of repairs by the consultant."""
        return sum(call.role is Role.CONSULTANT for call in self.work)

    @property
    def _agent_results(self) -> tuple[AgentResult, ...]:
        return tuple(each for each in self.results if isinstance(each, AgentResult))


class TaskRun(Frozen):
    """A task of a run: the document `tasks/<task>.json` of the run."""

    task_id: str
    phase: Phase = PHASE_MACHINE.start
    attempts: tuple[Attempt, ...] = ()
    reason: str = ""
    cleaned: bool = False
    """Whether the worktrees of the completed task were removed."""
    left_over: str = ""
    """The reason why something could not be removed; empty if everything was removed."""

    @property
    def attempt(self) -> Attempt:
        """Return the latest attempt; there is one in every phase after `waiting`."""
        return self.attempts[-1]

    @property
    def is_merging(self) -> bool:
        """Return whether its commit may already be on the integration branch."""
        return self.phase is Phase.MERGING and bool(self.attempt.merged_commit)


ACTIVE_PHASES = frozenset(
    {
        Phase.PREPARING,
        Phase.WORKING,
        Phase.MERGING,
    }
)
END_PHASES = frozenset({Phase.DONE, Phase.FAILED, Phase.BLOCKED, Phase.CANCELLED})
END_STATES = frozenset({RunState.COMPLETED, RunState.PARTIAL, RunState.FAILED, RunState.CANCELLED})
