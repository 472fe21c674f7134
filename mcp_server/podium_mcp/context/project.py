"""The project that the server serves, opened on demand."""

from pathlib import Path

from podium.app import Connection, connect
from podium_mcp.sanitize import one_line

_MOST_CLIENTS = 8
"""HTTP clients choose their own names; above this number, clients share a connection."""
_OTHERS = "other"
_READER = "host"


class Project:
    """One connection per client, all to the same folder.

    Args:
        folder: the project's folder or one inside it.
        shared: whether several hosts share this process, in which case the process does not
            identify a single host.
    """

    def __init__(self, folder: Path, *, shared: bool = False) -> None:
        self.folder = folder
        self.shared = shared
        self._connections: dict[str, Connection] = {}

    def connection(self, client: str) -> Connection:
        """Return the connection on which a client's agent acts."""
        name = one_line(client, 60) or _READER
        if name not in self._connections and len(self._connections) >= _MOST_CLIENTS:
            name = _OTHERS
        if name not in self._connections:
            self._connections[name] = connect(self.folder, "mcp", client=name)
        return self._connections[name]

    @property
    def reader(self) -> Connection:
        """The connection for read-only requests of any client."""
        return self.connection(_READER)

    def close(self) -> None:
        """Close all connections."""
        for each in self._connections.values():
            each.close()
        self._connections.clear()
