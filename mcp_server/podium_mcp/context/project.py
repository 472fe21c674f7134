"""The project that the server serves, opened on demand."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from podium.app import open_engine
from podium.app.actors import agent, person
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
            self._engines[name] = open_engine(self.folder, agent("mcp", name))
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
        engine = open_engine(self.folder, person("mcp"))
        try:
            yield engine
        finally:
            engine.store.close()

    def close(self) -> None:
        """Close all engines."""
        for engine in self._engines.values():
            engine.store.close()
        self._engines.clear()
