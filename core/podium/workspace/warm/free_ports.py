"""Chooses ports on this machine for the programs that a task starts."""

import hashlib
import socket
from collections.abc import Collection

PORTS_EACH = 10
_FIRST_PORT, _CHOICES = 20_000, 1_200
"""These ports are below those that systems use for outgoing connections."""


def free_port(name: str, taken: Collection[int]) -> int:
    """Return the first of ten consecutive ports for a name.

    Args:
        name: the same name gets the same ports whenever they are free.
        taken: ports that are already assigned.
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    start = int.from_bytes(digest[:4], "big")
    for step in range(_CHOICES):
        port = _FIRST_PORT + (start + step) % _CHOICES * PORTS_EACH
        if port not in taken and is_free_port(port):
            return port
    return _FIRST_PORT


def is_free_port(port: int) -> bool:
    """Return whether no program on this machine is using a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
