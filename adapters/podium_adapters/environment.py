"""Builds the minimal environment for an agent's process.

Agents pass their whole environment to the model's shell commands, so they get only what they need,
and never the caller's own environment.
"""

import contextlib
import fnmatch
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import cast

from podium.platform.owned_files import make_folders
from podium_adapters.keyring import take_passwords, without_entries

_PLAIN = ("PATH", "LANG", "LC_*", "TZ", "PODIUM_PORT", "PODIUM_TEMP")
_NETWORK = (
    *("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"),
)
_OF_THE_USER = ("HOME", "USER", "LOGNAME", "XDG_*", "DBUS_SESSION_BUS_ADDRESS")
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.I)
_SHORTEST_SECRET = 6
_WILDCARDS = frozenset("*?[")
REDACTED = "[redacted]"


class HomeKind(StrEnum):
    """The home folder that an agent uses."""

    PRIVATE = "private"
    """An empty home in the call's scratch folder, without the user's settings, history or login."""
    USER = "user"
    """The user's own home, with its login."""


@dataclass(frozen=True)
class ProcessEnvironment:
    """The environment of a process.

    Args:
        variables: its environment variables.
        home: its home folder.
        secrets: values in it that must never be shown.
    """

    variables: dict[str, str]
    home: Path
    secrets: tuple[str, ...]

    def redact(self, text: str) -> str:
        """Return `text` without the secrets."""
        for secret in self.secrets:
            text = text.replace(secret, REDACTED)
        return text


def make_environment(
    scratch: Path,
    source: Mapping[str, str],
    *,
    home: HomeKind,
    passed: Sequence[str] = (),
    with_keyring: bool = True,
) -> ProcessEnvironment:
    """Create private folders in `scratch` and return a minimal environment that uses them.

    Args:
        scratch: the call's private folder.
        source: the caller's environment.
        home: the kind of home folder to use.
        passed: names of additional variables to copy; `*` matches any characters.
        with_keyring: whether variables that name an entry of the keyring get its password;
            otherwise they are omitted.

    Raises:
        AgentUnavailable: the keyring has no password for an entry.
    """
    copied = _select(source, (*_PLAIN, *_NETWORK, *passed))
    passwords = take_passwords(copied) if with_keyring else {}
    copied = {**without_entries(copied), **passwords}
    folders = {"TMPDIR": scratch / "tmp"}
    if home is HomeKind.PRIVATE:
        folders |= _private_home(scratch / "home")
    else:
        copied |= _select(source, _OF_THE_USER)
        copied.setdefault("HOME", os.path.expanduser("~"))
    for folder in folders.values():
        make_folders(folder)
    variables = copied | {name: str(folder) for name, folder in folders.items()}
    variables |= {"TERM": "dumb", "NO_COLOR": "1"}
    secrets = {*secrets_in(copied), *passwords.values()}
    return ProcessEnvironment(variables, Path(variables["HOME"]), longest_first(secrets))


def preload_environment() -> None:
    """Compile the patterns of names, without reading any variable."""
    _select({"X": ""}, (*_PLAIN, *_NETWORK, *_OF_THE_USER))


def _private_home(home: Path) -> dict[str, Path]:
    return {
        "HOME": home,
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XDG_STATE_HOME": home / ".local" / "state",
        "XDG_CACHE_HOME": home / ".cache",
    }


def _select(source: Mapping[str, str], patterns: Sequence[str]) -> dict[str, str]:
    plain = {each for each in patterns if not set(each) & _WILDCARDS}
    wild = [each for each in patterns if each not in plain]
    return {
        name: value
        for name, value in source.items()
        if name in plain or any(fnmatch.fnmatchcase(name, each) for each in wild)
    }


def secrets_in(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values to hide, longest first."""
    found = {secret for pair in variables.items() for secret in _secrets_of(*pair)}
    return longest_first(found)


def longest_first(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return secrets in the order in which they must be redacted: one may contain another."""
    return tuple(sorted(secrets, key=len, reverse=True))


def _secrets_of(name: str, value: object) -> Iterator[str]:
    """Yield the secrets in a value; settings may be JSON that contains keys."""
    if isinstance(value, dict):
        for key, inner in cast("dict[str, object]", value).items():
            yield from _secrets_of(key, inner)
    elif isinstance(value, str) and _SECRET.search(name) and len(value) >= _SHORTEST_SECRET:
        yield value
    elif isinstance(value, str) and value.startswith("{"):
        with contextlib.suppress(ValueError):
            yield from _secrets_of(name, json.loads(value))
