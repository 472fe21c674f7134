"""Performs operations for a command: short ones in a thread, long ones with progress and cancel."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from podium.model.base import Frozen
from podium.operations.confirmation import Confirmer
from podium.operations.engine import Engine, Place
from podium.operations.operation import Effect, Operation
from podium.operations.perform import Outcome, Performed, Settled, Waitable, perform
from podium.operations.table import load_operation
from podium_lsp.session.work_done_progress import WorkCancelled, WorkDoneProgress

R = TypeVar("R")

NOT_CONFIRMED = {"done": False, "reason": "not confirmed"}
"""The answer to a command when the person said no."""


@dataclass(frozen=True)
class CommandRun:
    """What one command needs in order to perform operations.

    Args:
        subject: the engine, or the place of an operation that needs no project.
        confirmer: puts questions to the person.
        progress: shows long work in the editor.
        token: the editor's own name for the work, when it gave one.
        next_change: returns what is set at the project's next change.
    """

    subject: Engine | Place
    confirmer: Confirmer
    progress: WorkDoneProgress
    token: str | int | None = None
    next_change: Callable[[], Waitable] | None = None

    async def perform(self, operation: Operation[Any, Any], params: Frozen) -> Outcome[Any]:
        """Perform an operation, with the consent that it needs."""
        if operation.effect is Effect.LONG:
            return await self.perform_long(operation, params)
        return await self._perform(in_thread(operation), params)

    async def perform_long(self, operation: Operation[Any, Any], params: Frozen) -> Outcome[Any]:
        """Perform an operation that may take minutes; the editor always learns of its end.

        Raises:
            WorkCancelled: the person cancelled it where its progress is shown.
        """
        work = partial(self._perform, operation, params)
        return await _with_progress(self.progress, operation.summary, work, self.token)

    async def ask(self, operation_id: str, **params: Any) -> Any:
        """Return the result of an operation that only reads."""
        return await ask(self.subject, operation_id, **params)

    async def _perform(self, operation: Operation[Any, Any], params: Frozen) -> Outcome[Any]:
        return await perform(
            operation, self.subject, params, self.confirmer, next_change=self.next_change
        )


def answer_of(outcome: Outcome[Any]) -> Any:
    """Return a command's answer, as JSON."""
    match outcome:
        case Performed(result=result):
            return result.model_dump(mode="json")
        case Settled(state=state, reason=reason):
            return {"done": False, "reason": reason, "state": state}
        case _:
            return NOT_CONFIRMED


async def ask(subject: Engine | Place, operation_id: str, **params: Any) -> Any:
    """Return the result of an operation that only reads, run in a thread."""
    operation = load_operation(operation_id)
    return await in_thread(operation).run(subject, operation.params.model_validate(params))


def in_thread(operation: Operation[Any, Any]) -> Operation[Any, Any]:
    """Return an operation that blocks nothing here while it waits, for instance for a lock."""
    confirm = operation.confirm and _in_thread(operation.confirm)
    return replace(operation, run=_in_thread(operation.run), confirm=confirm)


def _in_thread(function: Callable[[Any, Any], Awaitable[R]]) -> Callable[[Any, Any], Awaitable[R]]:
    def work(subject: Any, params: Any) -> R:
        return anyio.run(function, subject, params)

    async def run(subject: Any, params: Any) -> R:
        return await anyio.to_thread.run_sync(work, subject, params)

    return run


async def _with_progress(
    progress: WorkDoneProgress,
    title: str,
    work: Callable[[], Awaitable[R]],
    token: str | int | None,
) -> R:
    # A scope repeats the cancellation until the work has ended; a cancelled task gets it once.
    scope = anyio.CancelScope()
    shown = await progress.begin(title, scope.cancel, token)
    outcome = "failed"
    try:
        with scope:
            result = await work()
            outcome = "done"
            return result
        outcome = "cancelled"
        raise WorkCancelled
    except asyncio.CancelledError:
        outcome = "cancelled"
        raise
    finally:
        shown.end(outcome)
