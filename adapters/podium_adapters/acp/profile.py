"""The profile of one agent, as data.

To add an agent, add a file named after the agent to `profiles/`.
"""

import json
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Literal

from pydantic import Field

from podium.model.agents import AskKind, Outcome
from podium.model.base import Frozen

CutSign = Literal["message-without-usage", "record-without-usage", "log-without-tokens"]
"""Evidence that an agent's model stream broke although the agent reports its turn as complete.

`message-without-usage`: it sent a message but reported no tokens. `record-without-usage`: the last
message in its own session record has no usage. `log-without-tokens`: the last answer in its own log
has no tokens.
"""


class Rule(Frozen):
    """A rule that classifies a message."""

    pattern: str
    """A regular expression, ignoring case."""
    outcome: Outcome


class SettingsFile(Frozen):
    """A settings file written before the agent starts."""

    path: str
    """Relative to the call's settings folder, or to the private home folder."""
    content: dict[str, Any] | list[str]
    """A JSON document, or the lines of a text file."""


class RoleSettings(Frozen):
    """Settings for a role without a permission, so that its tools are not even offered."""

    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = Field(default_factory=dict)
    """That of `without_write` wins over that of `without_commands`."""
    merged: dict[str, Any] = Field(default_factory=dict)
    """Merged into the JSON of `settings_variable`."""
    files: tuple[SettingsFile, ...] = ()
    mode: str = ""
    """The mode of the session for this role, in place of the profile's."""
    session_meta: dict[str, Any] = Field(default_factory=dict)
    """Merged into the profile's."""


class SettingsVariable(Frozen):
    """An environment variable with settings as JSON; Podium's settings override the caller's."""

    name: str
    content: dict[str, Any]
    model_key: str = ""
    """The dotted path at which the option `model` is set."""


class UsagePlace(Frozen):
    """The dotted paths in the turn's `_meta` at which an agent reports tokens."""

    input_tokens: str
    output_tokens: str


class Profile(Frozen):
    """The profile of one agent.

    In arguments and in values of `environment`, `{settings}` is the call's settings folder and
    `{cache}` is a folder that all calls of this agent share.
    """

    name: str
    title: str
    summary: str
    install_hint: str
    command: tuple[str, ...] = ()
    """The program's name on the PATH; empty if only the option `command` names it."""
    programs: tuple[str, ...] = ()
    """Names of its processes, used to distinguish its commands from a person's."""
    sets_variables: tuple[str, ...] = ()
    """Variables that it sets for its commands and that never occur in a person's terminal."""
    packages: tuple[str, ...] = ()
    """The packages that contain its script, as named by package managers; used like `programs`."""
    arguments: tuple[str, ...] = ()
    model_arguments: tuple[str, ...] = ()
    """Added if the option `model` is set; `{model}` is its value."""
    model_variable: str = ""
    version_arguments: tuple[str, ...] = ("--version",)
    tested: tuple[str, ...] = ()
    """The oldest and the newest tested version; `podium doctor` warns about older ones."""

    warning: str = ""
    """Shown with the agent, if its version causes no other warning."""

    environment: dict[str, str] = Field(default_factory=dict)
    environment_when_set: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Additional variables, by the name of the caller's variable that triggers them."""
    program_variables: dict[str, str] = Field(default_factory=dict)
    """Variables that name another program, for instance the one that an adapter starts; each is set
    to the full path of its program, unless the caller has set it or the program is missing."""
    passed_variables: tuple[str, ...] = ()
    """Copied from the caller; `*` matches any characters."""
    credential_variables: tuple[str, ...] = ()
    """If the caller has set one of these, no login is needed, so the home folder is private."""
    login_files: tuple[str, ...] = ()
    """Where a login is stored, relative to the user's home folder; empty if it cannot be seen."""
    subscription_logins: tuple[str, ...] = ()
    """The variables and files of logins that are paid for by a flat rate."""
    settings_variable: SettingsVariable | None = None
    settings: tuple[SettingsFile, ...] = ()
    home_settings: tuple[SettingsFile, ...] = ()
    """Written only in a private home folder, because the user's own settings are never changed."""
    without_write: RoleSettings = RoleSettings()
    without_commands: RoleSettings = RoleSettings()

    asks: tuple[AskKind, ...] | None = None
    """The kinds of actions that it never takes without asking Podium first; None if unknown."""
    mode: str = ""
    """Set after the session is created, so that the user's settings do not disable questions."""
    mode_pattern: str = ""
    """Without `mode`: the first mode whose id or name contains this regular expression is set."""
    session_meta: dict[str, Any] = Field(default_factory=dict)
    """Sent as `_meta` with the request for a new session."""
    authentication: str = ""
    """Id of the authentication method, if the agent needs authentication first."""
    refused_folders: tuple[str, ...] = ()
    """Project folders or files with settings that it would run unasked; Podium does not start it
    there."""
    client_files: bool = False
    """Whether the client offers to read and write files for the agent."""
    client_writes: bool = False
    """Whether the client offers only to write files: for an agent that does not always ask."""
    resumable: bool = False
    """Whether another process can load its sessions."""

    usage: UsagePlace | None = None
    message_usage: UsagePlace | None = None
    """The same in the `_meta` of messages, for agents that report each model request by itself."""
    cut_signs: tuple[CutSign, ...] = ()
    asks_again_for_ever: bool = False
    """Whether it retries endlessly, message after message, when its model's stream breaks."""
    retry_place: str = ""
    """The dotted path in the `_meta` of session updates at which it reports retries."""
    retry_notification: str = ""
    """The extension's notification with which it reports retries, without the underscore."""
    input_as_text: bool = False
    """Whether it sends a tool's input as JSON text, instead of in the protocol's field."""
    record_pattern: str = ""
    """The path of a session record in its home folder; `{id}` is the first eight characters of the
    id."""
    log_pattern: str = ""
    """The path of a session's log in its home folder; `{session}` is the id. It reveals for what
    an agent waits silently."""
    log_answer_pattern: str = ""
    """A line of that log about an answer or a failure of the model; the group is the error. A turn
    whose last such line has an error failed, even if the agent reports it as complete."""
    error_prefix: str = ""
    """The prefix of messages that are errors rather than the model's text."""
    note_pattern: str = ""
    """Messages that are neither the model's text nor errors."""
    restart_pattern: str = ""
    """Notes after which the model's message starts over."""
    denial_pattern: str = ""
    """The result of a tool that failed because the agent itself denied it."""
    fatal_pattern: str = ""
    """The result of a tool that failed because the agent ends the turn; it is the turn's error."""
    rules: tuple[Rule, ...] = ()
    """Rules that are tried before those for all agents."""


_ENDING = ".json"


def profile_names() -> tuple[str, ...]:
    """Return the names of the profiles that come with Podium."""
    names = (file.name for file in _profiles().iterdir())
    return tuple(sorted(name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING)))


def load_profile(name: str) -> Profile:
    """Return a profile that comes with Podium."""
    return read_profile(_profiles() / f"{name}{_ENDING}")


def read_profile(file: Traversable) -> Profile:
    """Return the profile in a file."""
    return Profile.model_validate(json.loads(file.read_text("utf-8")))


def _profiles() -> Traversable:
    return resources.files("podium_adapters.acp") / "profiles"
