"""Prepares the launch of an ACP agent from its profile."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from podium.errors import AgentUnavailable
from podium.model.agents import (
    AgentRequest,
    Availability,
    Billing,
    Login,
    LoginState,
    Permissions,
)
from podium.platform.atomic_write import replace_file
from podium.platform.owned_files import make_folders
from podium.platform.user_folders import cache_folder
from podium.ports.agent import CallContext
from podium_adapters.acp.profile import Profile, RoleSettings, SettingsFile
from podium_adapters.environment import (
    HomeKind,
    ProcessEnvironment,
    longest_first,
    make_environment,
    secrets_in,
)
from podium_adapters.process import Launch

_VERSION_SECONDS = 10.0
_VERSION = re.compile(r"\d+(?:\.\d+)+")


@dataclass(frozen=True)
class PreparedLaunch:
    """An agent that is ready to be started.

    Args:
        launch: the process to start.
        environment: its environment variables, and the secrets in them.
        home_kind: the kind of home folder that it uses.
    """

    launch: Launch
    environment: ProcessEnvironment
    home_kind: HomeKind


def prepare(profile: Profile, request: AgentRequest, context: CallContext) -> PreparedLaunch:
    """Write an agent's settings into the call's scratch folder, and return the process to start.

    Raises:
        AgentUnavailable: its program cannot be found, or an option is invalid.
    """
    options, source = request.options, os.environ
    if found := refused_folder(profile, Path(request.folder)):
        raise _unavailable(profile, f"it would run what the project's {found} says")
    settings, cache = context.scratch / "settings", _shared_cache(profile)
    make_folders(settings)
    kind = _home_kind(profile, options, source)
    extra = [each.strip() for each in options.get("environment", "").split(",") if each.strip()]
    environment = make_environment(
        context.scratch, source, home=kind, passed=(*profile.passed_variables, *extra)
    )
    places = {"settings": str(settings), "cache": str(cache)}
    roles = role_settings(profile, request.permissions)
    variables = environment.variables
    variables |= _own_variables(profile, options, source, places)
    for role in reversed(roles):
        variables |= role.environment
    variables |= _settings_variable(profile, roles, options, source)
    # The caller's settings may also contain a key.
    secrets = {*environment.secrets, *secrets_in(variables)}
    environment = replace(environment, secrets=longest_first(secrets))
    _write_settings(settings, (*profile.settings, *(file for role in roles for file in role.files)))
    if kind is HomeKind.PRIVATE:
        _write_settings(environment.home, profile.home_settings)
    argv = [*find_command(profile, options), *_arguments(profile, roles, options, places)]
    launch = Launch(argv, Path(request.folder), variables, talks=True)
    return PreparedLaunch(launch, environment, kind)


def find_command(profile: Profile, options: Mapping[str, str]) -> tuple[str, ...]:
    """Return the full path of the program to start, and its arguments.

    Raises:
        AgentUnavailable: the program cannot be found.
    """
    words = _parse_command(options["command"]) if options.get("command") else profile.command
    if not words:
        raise _unavailable(profile, "the option `command` is missing")
    program, *rest = words
    if os.sep in program and not os.path.isabs(program):
        raise _unavailable(profile, f"the option `command` names a relative path: {program}")
    found = shutil.which(program)
    if found is None:
        raise _unavailable(profile, f"no program {program!r} on the PATH")
    return (found, *rest)


def is_installed(profile: Profile) -> bool:
    """Return whether an agent's own program is on the PATH."""
    return bool(profile.command) and shutil.which(profile.command[0]) is not None


def refused_folder(profile: Profile, folder: Path) -> str:
    """Return the project folder that prevents an agent from being started there, or ""."""
    found = (name for name in profile.refused_folders if os.path.lexists(folder / name))
    return next(found, "")


def check_program(profile: Profile, options: Mapping[str, str]) -> Availability:
    """Return whether an agent's program is installed, and its version."""
    try:
        command = find_command(profile, options)
        kind = _home_kind(profile, options, os.environ)
    except AgentUnavailable as error:
        return Availability(available=False, reason=error.why)
    with tempfile.TemporaryDirectory(prefix="podium-") as scratch:
        places = {"settings": scratch, "cache": str(_shared_cache(profile))}
        made = make_environment(Path(scratch), os.environ, home=kind, with_keyring=False)
        variables = made.variables
        variables |= _own_variables(profile, options, os.environ, places)
        found = _ask_version([*command, *profile.version_arguments], variables)
    warning = _age_warning(found.version, profile) or profile.warning
    return found.model_copy(update={"warning": warning})


def find_login(profile: Profile, options: Mapping[str, str], source: Mapping[str, str]) -> Login:
    """Return an agent's login, as far as it can be seen.

    Args:
        profile: the agent's profile.
        options: its settings.
        source: the environment of a call.
    """
    for name in profile.credential_variables:
        if source.get(name):
            return Login(state=LoginState.FOUND, place=name, billing=_billing(profile, name))
    if options.get("home") != HomeKind.PRIVATE:
        for name in profile.login_files:
            if os.path.lexists(os.path.expanduser(f"~/{name}")):
                found = LoginState.FOUND
                return Login(state=found, place=f"~/{name}", billing=_billing(profile, name))
    is_visible = bool(profile.login_files)
    return Login(state=LoginState.NOT_FOUND if is_visible else LoginState.UNKNOWN)


def _billing(profile: Profile, login: str) -> Billing:
    """Return how calls are paid for; a stored login may be of either kind."""
    if login in profile.subscription_logins:
        return Billing.SUBSCRIPTION
    return Billing.METERED if login.endswith("API_KEY") else Billing.UNKNOWN


def _ask_version(argv: Sequence[str], environment: dict[str, str]) -> Availability:
    """Run a program to get its version; a program that takes too long counts as available."""
    try:
        done = subprocess.run(
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_VERSION_SECONDS,
            check=False,
            # Ctrl-C is meant for the calling command and must not make this program fail.
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        return Availability(available=True)
    except OSError as error:
        return Availability(available=False, reason=f"{argv[0]}: {error.strerror}")
    if done.returncode != 0:
        reason = f"{argv[0]} does not report its version: exit code {done.returncode}"
        return Availability(available=False, reason=reason)
    text = done.stdout.decode("utf-8", "replace").strip()
    return Availability(available=True, version=text.splitlines()[0] if text else "")


def _age_warning(version: str, profile: Profile) -> str:
    """Return a warning about a version that is older than the tested ones, or ""."""
    if not profile.tested or not version or _numbers(version) >= _numbers(profile.tested[0]):
        return ""
    oldest, newest = profile.tested[0], profile.tested[-1]
    tested = oldest if oldest == newest else f"{oldest} to {newest}"
    return f"{version} is older than the tested versions, {tested}"


def _numbers(version: str) -> tuple[int, ...]:
    found = _VERSION.search(version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _unavailable(profile: Profile, why: str) -> AgentUnavailable:
    return AgentUnavailable(
        f"{profile.title} cannot be started",
        why=why,
        hints=[profile.install_hint, "podium agents"],
    )


def _parse_command(command: str) -> tuple[str, ...]:
    """Parse the option `command`: a JSON list, or one program."""
    if not command.lstrip().startswith("["):
        return (command,)
    try:
        words = json.loads(command)
    except ValueError:
        words = None
    listed = cast("list[object]", words) if isinstance(words, list) else []
    if not listed or not all(isinstance(word, str) for word in listed):
        raise AgentUnavailable(
            "The option `command` is invalid",
            why="the value starts like a JSON list, but is not a JSON list of strings",
            hints=['write it like ["node", "/path/to/agent.js"]'],
        )
    return tuple(cast("list[str]", listed))


def _home_kind(profile: Profile, options: Mapping[str, str], source: Mapping[str, str]) -> HomeKind:
    wanted = options.get("home", "")
    if wanted and wanted not in list(HomeKind):
        raise AgentUnavailable(
            f"The option `home` cannot be {wanted!r}",
            why="it must be private or user",
            hints=["omit it: the default is private if a credential is in the environment"],
        )
    if wanted:
        return HomeKind(wanted)
    has_credential = any(source.get(name) for name in profile.credential_variables)
    return HomeKind.PRIVATE if has_credential else HomeKind.USER


def _shared_cache(profile: Profile) -> Path:
    cache = cache_folder()
    folder = cache / "agents" / profile.name
    make_folders(folder, root=cache)
    return folder


def role_settings(profile: Profile, permissions: Permissions) -> list[RoleSettings]:
    """Return the settings for the permissions that a role lacks."""
    return [
        *([] if permissions.write else [profile.without_write]),
        *([] if permissions.commands else [profile.without_commands]),
    ]


def _arguments(
    profile: Profile,
    roles: Sequence[RoleSettings],
    options: Mapping[str, str],
    places: Mapping[str, str],
) -> list[str]:
    model = options.get("model", "")
    arguments = [*profile.arguments, *(each for role in roles for each in role.arguments)]
    arguments += profile.model_arguments if model else ()
    return [_fill(each, {**places, "model": model}) for each in arguments]


def _own_variables(
    profile: Profile,
    options: Mapping[str, str],
    source: Mapping[str, str],
    places: Mapping[str, str],
) -> dict[str, str]:
    variables = {name: _fill(value, places) for name, value in profile.environment.items()}
    for name, more in profile.environment_when_set.items():
        variables |= more if source.get(name) else {}
    for name, program in profile.program_variables.items():
        if (path := source.get(name) or shutil.which(program)) is not None:
            variables[name] = path
    if profile.model_variable and options.get("model"):
        variables[profile.model_variable] = options["model"]
    return variables


def _settings_variable(
    profile: Profile,
    roles: Sequence[RoleSettings],
    options: Mapping[str, str],
    source: Mapping[str, str],
) -> dict[str, str]:
    variable = profile.settings_variable
    if variable is None:
        return {}
    settings = merge(_caller_settings(source.get(variable.name, "")), variable.content)
    for role in roles:
        settings = merge(settings, role.merged)
    if variable.model_key and options.get("model"):
        settings = merge(settings, {variable.model_key: options["model"]})
    return {variable.name: json.dumps(settings)}


def _caller_settings(text: str) -> dict[str, Any]:
    try:
        settings = json.loads(text or "{}")
    except ValueError:
        return {}
    return cast("dict[str, Any]", settings) if isinstance(settings, dict) else {}


def merge(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two JSON objects recursively; `above` wins."""
    merged = dict(below)
    for key, value in above.items():
        former = merged.get(key)
        if isinstance(former, dict) and isinstance(value, dict):
            value = merge(cast("dict[str, Any]", former), cast("dict[str, Any]", value))
        merged[key] = value
    return merged


def _write_settings(folder: Path, files: Sequence[SettingsFile]) -> None:
    """Write settings files; files with the same path are merged."""
    contents: dict[str, dict[str, Any] | list[str]] = {}
    for file in files:
        former = contents.get(file.path)
        if isinstance(file.content, list):
            contents[file.path] = [*(former if isinstance(former, list) else []), *file.content]
        else:
            contents[file.path] = merge(former if isinstance(former, dict) else {}, file.content)
    for name, content in contents.items():
        path = folder / name
        text = "\n".join(content) if isinstance(content, list) else json.dumps(content, indent=2)
        replace_file(path, f"{text}\n".encode(), mode=0o600)


def _fill(text: str, places: Mapping[str, str]) -> str:
    for name, value in places.items():
        text = text.replace(f"{{{name}}}", value)
    return text
