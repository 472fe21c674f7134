"""Waiting for what another process does."""

import time
from collections.abc import Callable

import anyio

_SECONDS = 300.0


def wait_for(holds: Callable[[], object]) -> None:
    """Wait until something holds; the limit only ends a vain wait."""
    deadline = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it never came to what the test waits for"
        # A loop of its own each time: what is looked at may need one, too.
        anyio.run(anyio.sleep, 0.05)
