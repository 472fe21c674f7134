"""Takes an agent's credentials from the keyring of the system.

A variable with the value `keyring:NAME` gets the password of the entry NAME
of the service `podium`.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec

from podium.errors import AgentUnavailable

PREFIX = "keyring:"
SERVICE = "podium"
_SECONDS = 60.0
"""A keyring may ask the user to unlock it."""


def without_entries(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that need no keyring."""
    return {name: value for name, value in variables.items() if not value.startswith(PREFIX)}


def take_passwords(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the passwords for the variables that name an entry, by variable.

    The keyring runs in a child process, because it may wait for the user, or hang.

    Raises:
        AgentUnavailable: an entry has no password, or the keyring cannot be used.
    """
    return {
        name: _password(name, value.removeprefix(PREFIX))
        for name, value in variables.items()
        if value.startswith(PREFIX)
    }


def _password(variable: str, entry: str) -> str:
    if find_spec("keyring") is None:
        raise _unusable(variable, "the package keyring is not installed", "pip install keyring")
    command = [sys.executable, "-P", "-m", "keyring", "get", "--", SERVICE, entry]
    try:
        done = subprocess.run(
            command,
            cwd=os.sep,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _unusable(variable, f"the keyring did not answer within {_SECONDS:.0f} s") from None
    password = done.stdout.decode("utf-8", "replace").rstrip("\r\n")
    if done.returncode == 0 and password:
        return password
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    why = lines[-1] if lines else f"it has no password for the entry {entry!r}"
    raise _unusable(variable, why, f"keyring set {SERVICE} {entry}")


def _unusable(variable: str, why: str, hint: str = "") -> AgentUnavailable:
    return AgentUnavailable(
        f"The keyring does not give a password for {variable}",
        why=why,
        hints=[hint] if hint else [],
    )
