"""Keeps the health of agents in the user's state folder: one document for each login.

A limit belongs to the login, not to a project, so all runners and faces of the user share the
same documents. Each change is made under a lock and replaces the whole file.
"""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pydantic

from podium.model.agents import AgentHealth
from podium.platform.atomic_write import replace_file
from podium.platform.file_lock import lock
from podium.platform.owned_files import make_folders, open_file
from podium.platform.user_folders import state_folder

ALL_AGENTS = "all"
"""The login under which the calls to all agents together are counted."""

_UNSAFE = re.compile(r"[^A-Za-z0-9@._-]")


class HealthStore:
    """The health of the user's agents.

    Args:
        folder: the folder of the documents; by default in the user's state folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._root = folder or state_folder()
        self._folder = self._root / "agents"

    def read(self, login: str) -> AgentHealth:
        """Return a login's health; a login with a missing or damaged document counts as healthy."""
        try:
            fd = open_file(self._path(login), os.O_RDONLY, root=self._root)
        except FileNotFoundError:
            return AgentHealth(login=login)
        with open(fd, "rb") as file:
            text = file.read()
        try:
            return AgentHealth.model_validate_json(text)
        except pydantic.ValidationError:
            return AgentHealth(login=login)

    def read_all(self, logins: Iterable[str] = ()) -> dict[str, AgentHealth]:
        """Return the health of these logins, or of all logins that have a document."""
        if wanted := tuple(logins):
            return {login: self.read(login) for login in wanted}
        try:
            names = sorted(os.listdir(self._folder))
        except FileNotFoundError:
            return {}
        found = [self.read(name.removesuffix(".json")) for name in names if name.endswith(".json")]
        return {each.login: each for each in found}

    def change(self, login: str, work: Callable[[AgentHealth], AgentHealth]) -> AgentHealth:
        """Replace a login's document by the result of `work`, and return that result.

        Raises:
            OSError: the state folder cannot be written.
        """
        make_folders(self._folder, root=self._root)
        fd = open_file(self._folder / ".lock", os.O_RDWR | os.O_CREAT, root=self._root)
        with open(fd, "rb"):
            lock(fd)
            before = self.read(login)
            after = work(before)
            if after != before:
                text = after.model_dump_json(indent=2, exclude_defaults=True)
                replace_file(self._path(login), f"{text}\n".encode(), mode=0o600, root=self._root)
        return after

    def _path(self, login: str) -> Path:
        return self._folder / f"{_UNSAFE.sub('-', login)}.json"
