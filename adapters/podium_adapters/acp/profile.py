"""What is peculiar to one agent, as data; must not know how it is used.

A further agent is a further file in `profiles/`, called like the agent.
"""

import json
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Literal

from pydantic import Field

from podium.model.agents import Outcome
from podium.model.base import Frozen

CutSign = Literal["message-without-usage", "record-without-usage"]
"""How an agent betrays that its model's stream broke although it calls its turn complete.

`message-without-usage`: it said something, but counts not one token.
`record-without-usage`: in its own record of the session, the last message has no usage.
"""


class Rule(Frozen):
    """How a text is understood."""

    pattern: str
    """A regular expression; case does not matter."""
    outcome: Outcome


class SettingsFile(Frozen):
    """A settings file that is written before the agent starts."""

    path: str
    """Relative to the call's settings folder, or to the private home."""
    content: dict[str, Any] | list[str]
    """A JSON document, or the lines of a text."""


class RoleSettings(Frozen):
    """What is different when a role lacks a permission: the tool is not even offered."""

    arguments: tuple[str, ...] = ()
    merged: dict[str, Any] = Field(default_factory=dict)
    """Merged into the JSON of `settings_variable`."""
    files: tuple[SettingsFile, ...] = ()


class SettingsVariable(Frozen):
    """A variable that holds settings as JSON; ours go over those of the caller."""

    name: str
    content: dict[str, Any]
    model_key: str = ""
    """Where the option `model` goes."""


class UsagePlace(Frozen):
    """Where in the turn's `_meta` an agent counts tokens, as dotted paths."""

    input_tokens: str
    output_tokens: str


class Profile(Frozen):
    """One agent.

    In arguments and in values of `environment`, `{settings}` stands for the call's settings folder
    and `{cache}` for a folder that all calls of this agent share.
    """

    name: str
    title: str
    summary: str
    install_hint: str
    command: tuple[str, ...] = ()
    """The program as it is found on the PATH; empty when only the option `command` names it."""
    programs: tuple[str, ...] = ()
    """What its processes are called, for telling its commands from a person's."""
    sets_variables: tuple[str, ...] = ()
    """What it sets for the commands that it runs, which a person's terminal never has."""
    packages: tuple[str, ...] = ()
    """The packages that contain its script, as their managers name them; for the same purpose."""
    arguments: tuple[str, ...] = ()
    model_arguments: tuple[str, ...] = ()
    """Added when the option `model` is set; `{model}` stands for it."""
    model_variable: str = ""
    version_arguments: tuple[str, ...] = ("--version",)

    environment: dict[str, str] = Field(default_factory=dict)
    environment_when_set: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Further variables, by the name of a variable of the caller that brings them about."""
    passed_variables: tuple[str, ...] = ()
    """Copied from the caller; `*` stands for any letters."""
    credential_variables: tuple[str, ...] = ()
    """When the caller has one of these set, no login is needed, so the home is private."""
    settings_variable: SettingsVariable | None = None
    settings: tuple[SettingsFile, ...] = ()
    home_settings: tuple[SettingsFile, ...] = ()
    """Only in a private home: a user's own settings are never touched."""
    without_write: RoleSettings = RoleSettings()
    without_commands: RoleSettings = RoleSettings()

    mode: str = ""
    """Set after the session is made, so that a user's settings do not switch off questions."""
    authentication: str = ""
    """Id of the method to use when the agent wants to be authenticated first."""
    client_files: bool = False
    """Offer to read and write files for it."""
    resumable: bool = False
    """Its sessions can be loaded by another process."""

    usage: UsagePlace | None = None
    cut_signs: tuple[CutSign, ...] = ()
    asks_again_for_ever: bool = False
    """When its model's stream breaks, it asks again without end; message follows on message."""
    record_pattern: str = ""
    """Where in its home it records a session; `{id}` stands for the id's first eight letters."""
    error_prefix: str = ""
    """How a message begins that is not the model's but tells an error."""
    note_pattern: str = ""
    """Messages that are neither the model's nor errors."""
    restart_pattern: str = ""
    """Notes after which the model's message begins anew."""
    denial_pattern: str = ""
    """What a failed tool says when the agent itself denied it."""
    rules: tuple[Rule, ...] = ()
    """Tried before those that hold for every agent."""


_ENDING = ".json"


def profile_names() -> tuple[str, ...]:
    """Return the names of the profiles that come with Podium."""
    names = (file.name for file in _profiles().iterdir())
    return tuple(sorted(name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING)))


def load_profile(name: str) -> Profile:
    """Return a profile that comes with Podium."""
    file = _profiles() / f"{name}{_ENDING}"
    return Profile.model_validate(json.loads(file.read_text("utf-8")))


def _profiles() -> Traversable:
    return resources.files("podium_adapters.acp") / "profiles"
