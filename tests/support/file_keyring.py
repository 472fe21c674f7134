"""A keyring in a file: the real ones need the session of a desktop, which tests do not have.

It is used through the real program `keyring`, as PYTHON_KEYRING_BACKEND names it.
"""

import json
import os
import signal
from pathlib import Path
from typing import Any

from keyring.backend import KeyringBackend


class FileKeyring(KeyringBackend):
    """Reads passwords from the JSON file that FILE_KEYRING names: service, then entry."""

    priority: Any = 1.0

    def get_password(self, service: str, username: str) -> str | None:
        """Return the password of an entry; an entry named `hangs` never answers."""
        if username == "hangs":
            signal.pause()
        services = json.loads(Path(os.environ["FILE_KEYRING"]).read_text())
        password: str | None = services.get(service, {}).get(username)
        return password

    def set_password(self, service: str, username: str, password: str) -> None:
        """Refuse; tests write the file."""
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        """Refuse; tests write the file."""
        raise NotImplementedError
