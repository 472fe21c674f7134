"""Runs background tasks: logs their errors, and cancels them at shutdown."""

import asyncio
import logging
from collections.abc import Awaitable, Coroutine
from typing import Any

from podium.errors import PodiumError
from podium_lsp.session.log import write_crash

_LOG = logging.getLogger("podium_lsp.session.tasks")


class BackgroundTasks:
    """The background tasks of one connection."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any], what: str) -> asyncio.Task[Any]:
        """Start a task.

        Args:
            what: the task's name in the log.
        """
        task = asyncio.create_task(log_errors(work, what))
        # The event loop keeps only weak references to its tasks.
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def cancel_all(self) -> None:
        """Cancel all running tasks."""
        for task in list(self._running):
            task.cancel()


async def log_errors(work: Awaitable[Any], what: str) -> None:
    """Await something and log its errors instead of raising them."""
    try:
        await work
    except PodiumError as error:
        _LOG.warning("%s: %s", what, error)
    except Exception as error:  # noqa: BLE001 - a failed task must not stop the server
        write_crash(error, what)
