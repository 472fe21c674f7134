"""The settings of a project and of a user (SPEC Y1); must not know files or environment."""

from enum import StrEnum
from typing import Any, cast

from pydantic import Field, model_validator

from podium.model.base import Frozen
from podium.model.plans import AgentChoice
from podium.model.runs import GateCommand, RunSettings


class AgentsConfig(Frozen):
    """Who does what."""

    default: str = ""
    """The agent of every role that names none."""
    roles: dict[str, AgentChoice] = Field(default_factory=dict)
    """Another agent, or other options, for a role."""
    options: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Options by agent, for instance `gemini: {model: gemini-2.5-pro}`."""


class GatesConfig(Frozen):
    """What must pass after the executor."""

    test: tuple[str, ...] = ()
    """The project's test command, as a list."""
    test_timeout_seconds: float = Field(default=900, gt=0)
    commands: tuple[GateCommand, ...] = ()
    setup: tuple[GateCommand, ...] = ()
    """Run in every fresh worktree before the agent, for instance to install dependencies."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_removed(cls, values: Any) -> Any:
        if isinstance(values, dict) and "syntax" in values:
            raise ValueError(
                "gates.syntax is removed, because nothing read it; delete the line. Changed files "
                "are always parsed; audit.syntax turns parsing off for audits"
            )
        return cast("Any", values)


class ReportFormat(StrEnum):
    """What an audit tool writes."""

    SARIF = "sarif"
    RUFF = "ruff"
    """The output of `ruff check --output-format json`."""
    MYPY = "mypy"
    """The output of `mypy --output json`, or its lines."""
    SHELLCHECK = "shellcheck"
    """The output of `shellcheck --format json1`."""
    ESLINT = "eslint"
    """The output of `eslint --format json`."""


class AuditTool(Frozen):
    """A command that looks at the project and writes a report (SPEC F3)."""

    name: str = Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    command: tuple[str, ...] = Field(min_length=1)
    format: ReportFormat = ReportFormat.SARIF
    output: str = ""
    """The file that it writes the report to, relative to the project; else it is printed."""
    timeout_seconds: float = Field(default=600, gt=0)


class AuditConfig(Frozen):
    """What `podium audit` looks at and what else looks with it."""

    syntax: bool = True
    """Broken and unfinished text, conflict markers, placeholders, stubs."""
    secrets: bool = True
    """Credentials in texts."""
    large_file_bytes: int = Field(default=1_000_000, gt=0)
    """A new file above this size is told."""
    exclude: tuple[str, ...] = ()
    """Files and folders that nobody looks at, as patterns such as `vendor` or `*.min.js`."""
    tools: tuple[AuditTool, ...] = ()


class SessionsConfig(Frozen):
    """How long sessions stay; carried out daily and by `podium gc` (SPEC S6)."""

    timeout_hours: float = Field(default=24, ge=0)
    """An active session in which nothing happened for so long is suspended; 0 for never."""
    max_active: int = Field(default=100, ge=0)
    """More active sessions than this: those that rested longest are suspended; 0 for any number."""
    keep_ended: int = Field(default=200, ge=0)
    """Of the completed and failed sessions, so many stay out of the archive."""
    archive_after_days: float = Field(default=30, ge=0)
    """An ended session in which nothing happened for so long is put away; 0 for never."""


class PlansConfig(Frozen):
    """How long plans stay; carried out daily and by `podium gc` (SPEC W7)."""

    archive_after_days: float = Field(default=0, ge=0)
    """A done or rejected plan that nothing happened to for so long is put away, with its runs.

    0 for never: git knows a plan's files, and sees them go.
    """


class StoreConfig(Frozen):
    """How much of the past the journal keeps (SPEC W2); only what a snapshot holds ever goes."""

    journal_days: float | None = Field(default=None, ge=0)
    """Lines older than this go; without a number the journal reaches back to the oldest snapshot.

    The audit log is the journal: a large number keeps it longer than the snapshots.
    """
    journal_megabytes: float = Field(default=256, gt=0)
    """A journal larger than this loses its oldest lines earlier."""


class Config(Frozen):
    """All settings; every field has a default."""

    agents: AgentsConfig = AgentsConfig()
    run: RunSettings = RunSettings()
    gates: GatesConfig = GatesConfig()
    audit: AuditConfig = AuditConfig()
    sessions: SessionsConfig = SessionsConfig()
    plans: PlansConfig = PlansConfig()
    store: StoreConfig = StoreConfig()


class ConfigOrigin(StrEnum):
    """Where a setting came from; later ones win."""

    DEFAULT = "default"
    USER = "user"
    PROJECT = "project"
    ENVIRONMENT = "environment"


class LoadedConfig(Frozen):
    """Settings with the place that each came from."""

    config: Config = Config()
    project: Config = Config()
    """What the project's own file says, alone: only that needs the user's trust."""
    origins: dict[str, ConfigOrigin] = Field(default_factory=dict)
    """By dotted name; a name that is missing holds its default."""
    files: tuple[str, ...] = ()


def executable_settings(config: Config) -> dict[str, object]:
    """Return the part of the settings that can make the machine run something (SPEC X5)."""
    # What is not used is left out, so that a setting that is new to Podium costs nobody's trust.
    tools = [list(each.command) for each in config.audit.tools]
    return {
        **({"audit": tools} if tools else {}),
        "test": list(config.gates.test),
        "commands": [list(each.command) for each in config.gates.commands],
        "setup": [list(each.command) for each in config.gates.setup],
        "default": config.agents.default,
        "roles": {name: each.model_dump() for name, each in sorted(config.agents.roles.items())},
        "options": config.agents.options,
    }
