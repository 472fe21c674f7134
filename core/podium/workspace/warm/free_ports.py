"""Chooses ports on this machine for the programs that a task starts."""

import hashlib
import socket
from collections.abc import Collection

PORTS_EACH = 10
_FIRST_PORT, _CHOICES = 20_000, 1_200
"""Below the ports that systems give to outgoing connections."""


def free_port(name: str, taken: Collection[int]) -> int:
    """Return the first of ten ports for a name.

    Args:
        name: it always gets the same ports if they are free.
        taken: ports that were returned before.
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    start = int.from_bytes(digest[:4], "big")
    for step in range(_CHOICES):
        port = _FIRST_PORT + (start + step) % _CHOICES * PORTS_EACH
        if port not in taken and is_free_port(port):
            return port
    return _FIRST_PORT


def is_free_port(port: int) -> bool:
    """Return whether no program listens on a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
