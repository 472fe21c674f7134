"""The settings of a project and of a user."""

from enum import StrEnum
from typing import Annotated, Any, cast

from pydantic import Field, model_validator

from podium.model.agents import AgentPolicy, AskKind, BudgetSettings, CacheSettings
from podium.model.base import Frozen, SetBy, to_json
from podium.model.doubts import DoubtJudge
from podium.model.plans import AgentChoice
from podium.model.runs import GateCommand, RunSettings, SetupCommand, WorktreeSettings
from podium.model.sandbox import SandboxSettings

LOCAL_DISPATCHER = "local"


class AgentsConfig(Frozen):
    """The agents for the roles."""

    default: Annotated[str, SetBy("PODIUM_AGENT")] = ""
    """The agent for every role that `agents.roles` does not list."""
    roles: dict[str, AgentChoice] = Field(default_factory=dict)
    """Agent and options by role: architect, executor, auditor, consultant. A list names agents in
    order of preference."""
    options: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Options by agent, such as `gemini: {model: gemini-2.5-pro}`."""
    ask: tuple[AskKind, ...] = ()
    """The actions for which an agent needs a person's permission, besides that of its role:
    `command`, `edit`, `edit-undeclared`, `delete`, `network`. A project's file adds kinds to those
    of your own file, and removes none. `podium agents` shows which agents can ask."""
    ask_seconds: float = Field(default=1800, gt=0)
    """How long a person has to answer; no answer means no."""
    policy: AgentPolicy = AgentPolicy()
    cache: CacheSettings = CacheSettings()
    registry: str = ""
    """The path or the https URL of the registry for `podium agents add`; by default the copy that
    comes with Podium. It is read only when you add an agent."""
    dispatcher: str = LOCAL_DISPATCHER
    """Where agents run: `local` is this machine; packages can add other dispatchers."""


class GatesConfig(Frozen):
    """Checks that an attempt must pass after the executor."""

    test: tuple[str, ...] = ()
    """The project's test command, as a list of words."""
    test_timeout_seconds: float = Field(default=900, gt=0)
    """Maximum duration of the test command."""
    commands: tuple[GateCommand, ...] = ()
    """Other commands that must exit with code 0, such as a type checker."""
    setup: tuple[SetupCommand, ...] = ()
    """Commands to run in a worktree before the agent starts, such as an installer. Their changes
    are not part of the agent's work."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_removed(cls, values: Any) -> Any:
        if isinstance(values, dict) and "syntax" in values:
            raise ValueError(
                "gates.syntax was removed because it had no effect; delete the line. Changed files "
                "are always parsed; audit.syntax turns parsing off for audits"
            )
        return cast("Any", values)


class ReportFormat(StrEnum):
    """The report format of an audit tool."""

    SARIF = "sarif"
    RUFF = "ruff"
    """Output of `ruff check --output-format json`."""
    MYPY = "mypy"
    """Output of `mypy`, with or without `--output json`."""
    SHELLCHECK = "shellcheck"
    """Output of `shellcheck --format json1`."""
    ESLINT = "eslint"
    """Output of `eslint --format json`."""


class AuditTool(Frozen):
    """A command that inspects the project and writes a report."""

    name: str = Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    command: tuple[str, ...] = Field(min_length=1)
    format: Annotated[ReportFormat | str, Field(union_mode="left_to_right")] = ReportFormat.SARIF
    """The format of the report; packages add other formats."""
    output: str = ""
    """The report file, relative to the project; empty if the tool prints the report."""
    timeout_seconds: float = Field(default=600, gt=0)


class AuditConfig(Frozen):
    """The checks of `podium audit`, and the other tools that it runs."""

    syntax: bool = True
    """Find broken and unfinished code: syntax errors, conflict markers, placeholders, stubs."""
    secrets: bool = True
    """Find credentials."""
    tests: bool = True
    """Find changes that weaken tests, lower thresholds or switch off checks."""
    large_file_bytes: int = Field(default=1_000_000, gt=0)
    """Report new files that are larger than this."""
    exclude: tuple[str, ...] = ()
    """Files and folders to exclude, as patterns such as `vendor` or `*.min.js`."""
    tools: tuple[AuditTool, ...] = ()
    """Other tools to run, with the format of their reports."""


class SessionsConfig(Frozen):
    """How long sessions are kept; applied once a day and by `podium gc`."""

    timeout_hours: float = Field(default=24, ge=0)
    """Suspend an active session after this long without activity; 0 for never."""
    max_active: int = Field(default=100, ge=0)
    """Suspend the least recently used sessions above this number; 0 for no limit."""
    keep_ended: int = Field(default=200, ge=0)
    """Number of completed and failed sessions to keep unarchived."""
    archive_after_days: float = Field(default=30, ge=0)
    """Archive an ended session after this long without activity; 0 for never."""


class PlansConfig(Frozen):
    """How long plans are kept; applied once a day and by `podium gc`."""

    archive_after_days: float = Field(default=0, ge=0)
    """Archive a done or rejected plan and its runs after this long without activity; 0 for never.

    A plan's files are usually committed, so git shows an archived plan as deleted files.
    """


class StoreConfig(Frozen):
    """How much to keep on disk; journal lines are dropped only if a snapshot covers them."""

    journal_days: float | None = Field(default=None, ge=0)
    """How long to keep journal lines; by default, back to the oldest snapshot.

    The audit log is the journal, so a large number keeps it longer than the snapshots.
    """
    journal_megabytes: float = Field(default=256, gt=0)
    """Drop the oldest lines sooner if the journal grows beyond this size."""
    pool_megabytes: float = Field(default=20_000, ge=0)
    """Maximum total size of idle worktrees; `podium gc` removes any beyond it."""


class Config(Frozen):
    """All settings; every field has a default."""

    agents: AgentsConfig = AgentsConfig()
    run: RunSettings = RunSettings()
    budget: BudgetSettings = BudgetSettings()
    gates: GatesConfig = GatesConfig()
    worktree: WorktreeSettings = WorktreeSettings()
    sandbox: SandboxSettings = SandboxSettings()
    audit: AuditConfig = AuditConfig()
    sessions: SessionsConfig = SessionsConfig()
    plans: PlansConfig = PlansConfig()
    store: StoreConfig = StoreConfig()


class ConfigOrigin(StrEnum):
    """The origin of a setting; later members override earlier ones."""

    DEFAULT = "default"
    USER = "user"
    PROJECT = "project"
    ENVIRONMENT = "environment"


class LoadedConfig(Frozen):
    """The settings, each with its origin."""

    config: Config = Config()
    project: Config = Config()
    """The settings from the project's own file, which need the user's trust."""
    origins: dict[str, ConfigOrigin] = Field(default_factory=dict)
    """Origin by dotted name; a setting that is not listed has its default value."""
    files: tuple[str, ...] = ()


def executable_settings(config: Config) -> dict[str, object]:
    """Return the settings that can cause commands to be executed, reach more or cost more."""
    # Omit unset values, so that new settings do not invalidate existing trust.
    tools = [list(each.command) for each in config.audit.tools]
    dispatcher = config.agents.dispatcher
    # An agent can read files that are copied, and change files that are linked.
    worktree = to_json(config.worktree)
    for harmless in ("keep", "warm_from_files"):
        worktree.pop(harmless, None)
    # A project must not turn off the user's sandbox unless it is trusted, and `off` is the default.
    sandbox = config.sandbox.model_dump(mode="json", exclude_unset=True)
    # Nor may it let anyone but a person decide about doubts if the user wants a person.
    doubts = config.run.doubts
    is_lax = "doubts" in config.run.model_fields_set and doubts is not DoubtJudge.PERSON
    # Nor may it raise what calls may cost.
    budget = config.budget.model_dump(mode="json", exclude_unset=True)
    return {
        **({"sandbox": sandbox} if sandbox else {}),
        **({"budget": budget} if budget else {}),
        **({"doubts": doubts} if is_lax else {}),
        **({"dispatcher": dispatcher} if dispatcher != LOCAL_DISPATCHER else {}),
        **({"audit": tools} if tools else {}),
        **({"worktree": worktree} if worktree else {}),
        "test": list(config.gates.test),
        "commands": [list(each.command) for each in config.gates.commands],
        "setup": [list(each.command) for each in config.gates.setup],
        "default": config.agents.default,
        "roles": {name: _trusted(each) for name, each in sorted(config.agents.roles.items())},
        "options": config.agents.options,
    }


def _trusted(choice: AgentChoice) -> dict[str, Any]:
    """Return a choice as it is trusted; without fallbacks it is as in older versions."""
    chain = [_trusted(each) for each in choice.fallback]
    found: dict[str, Any] = {"agent": choice.agent, "options": choice.options}
    return {**found, "fallback": chain} if chain else found
