"""The project that the server serves, opened on demand."""

import getpass
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from podium.app import open_engine
from podium.model.events import Actor
from podium.operations.engine import Engine
from podium_mcp.sanitize import one_line

_MOST_CLIENTS = 8
"""HTTP clients choose their own names; clients beyond this number share an engine."""
_OTHERS = "other"
_READER = "host"


class Project:
    """Opens one engine per client, all on the same folder.

    Args:
        folder: the project's folder or one inside it.
        shared: several hosts use this process, so it cannot be identified with one of them.
    """

    def __init__(self, folder: Path, *, shared: bool = False) -> None:
        self.folder = folder
        self.shared = shared
        self._engines: dict[str, Engine] = {}

    def engine(self, client: str) -> Engine:
        """Return the engine whose actor is a client's agent.

        Raises:
            ProjectNotFound: the folder is not part of a project.
            InvalidConfig: a settings file is invalid.
            StorageError: the store cannot be read.
        """
        name = one_line(client, 60) or _READER
        if name not in self._engines and len(self._engines) >= _MOST_CLIENTS:
            name = _OTHERS
        if name not in self._engines:
            self._engines[name] = open_engine(self.folder, _actor("agent", name))
        return self._engines[name]

    @property
    def reader(self) -> Engine:
        """Return an engine for read-only requests of any client.

        Raises:
            ProjectNotFound, InvalidConfig, StorageError: as `engine`.
        """
        return self.engine(_READER)

    @contextmanager
    def as_person(self) -> Generator[Engine]:
        """Open the project as the person who has just decided in the host's dialog."""
        engine = open_engine(self.folder, _actor("person", _user_name()))
        try:
            yield engine
        finally:
            engine.store.close()

    def close(self) -> None:
        """Close all engines."""
        for engine in self._engines.values():
            engine.store.close()
        self._engines.clear()


def _actor(kind: Literal["agent", "person"], name: str) -> Actor:
    return Actor(kind=kind, name=name, face="mcp", pid=os.getpid())


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
