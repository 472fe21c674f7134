"""Waiting for what another process does."""

from collections.abc import Callable

import anyio


def wait_for(holds: Callable[[], object]) -> None:
    """Wait until something holds; the limit only ends a vain wait."""

    async def wait() -> None:
        with anyio.fail_after(300):
            while not holds():
                await anyio.sleep(0.02)

    anyio.run(wait)
