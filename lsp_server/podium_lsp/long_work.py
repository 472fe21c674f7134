"""Runs operations for a command: short ones in a thread, long ones with progress and cancel."""

import asyncio
from typing import Any, cast

import anyio
import anyio.to_thread
from pygls.exceptions import JsonRpcException

from podium.model.base import Frozen
from podium.operations.engine import Engine, Place
from podium.operations.operation import Operation
from podium_lsp.server import PodiumServer

CANCELLED = -32800
"""`LSPErrorCodes.RequestCancelled`."""


async def run_short(operation: Operation[Any, Any], subject: Engine | Place, built: Frozen) -> Any:
    """Run an operation where waiting for the store's lock keeps nobody else waiting."""
    return await anyio.to_thread.run_sync(_run, operation, subject, built)


async def run_long(
    server: PodiumServer,
    operation: Operation[Any, Any],
    subject: Engine | Place,
    built: Frozen,
    token: str | int | None,
) -> Any:
    """Run what may take minutes; its end is told whatever happens.

    Args:
        token: the editor's own name for the work, when it gave one.
    """
    task: asyncio.Task[Frozen] = asyncio.ensure_future(cast("Any", operation.run(subject, built)))
    work = await server.workroom.progress.begin(operation.summary, lambda: _cancel(task), token)
    outcome = "failed"
    try:
        result = await task
        outcome = "done"
        return result
    except asyncio.CancelledError:
        outcome = "cancelled"
        here = asyncio.current_task()
        if here is not None and here.cancelling():
            raise
        raise JsonRpcException("It was cancelled", CANCELLED) from None
    finally:
        work.end(outcome)


def _run(operation: Operation[Any, Any], subject: Engine | Place, built: Frozen) -> Any:
    return anyio.run(operation.run, subject, built)


def _cancel(task: "asyncio.Task[Frozen]") -> None:
    task.cancel()
