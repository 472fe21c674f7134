"""Runs operations for a command: short ones in a thread, long ones with progress and cancel."""

import asyncio
from typing import Any

import anyio
import anyio.to_thread

from podium.model.base import Frozen
from podium.operations.engine import Engine, Place
from podium.operations.operation import Operation
from podium_lsp.session.work_done_progress import WorkCancelled, WorkDoneProgress


async def run_short(operation: Operation[Any, Any], subject: Engine | Place, built: Frozen) -> Any:
    """Run an operation where waiting for the store's lock keeps nobody else waiting."""
    return await anyio.to_thread.run_sync(_run, operation, subject, built)


async def run_long(
    progress: WorkDoneProgress,
    operation: Operation[Any, Any],
    subject: Engine | Place,
    built: Frozen,
    token: str | int | None,
) -> Any:
    """Run what may take minutes; its end is told whatever happens.

    Args:
        token: the editor's own name for the work, when it gave one.

    Raises:
        WorkCancelled: the person cancelled it where its progress is shown.
    """
    # A scope says it again until the work has ended; a task that is cancelled hears it once.
    scope = anyio.CancelScope()
    work = await progress.begin(operation.summary, scope.cancel, token)
    outcome = "failed"
    try:
        with scope:
            result = await operation.run(subject, built)
            outcome = "done"
            return result
        outcome = "cancelled"
        raise WorkCancelled
    except asyncio.CancelledError:
        outcome = "cancelled"
        raise
    finally:
        work.end(outcome)


def _run(operation: Operation[Any, Any], subject: Engine | Place, built: Frozen) -> Any:
    return anyio.run(operation.run, subject, built)
