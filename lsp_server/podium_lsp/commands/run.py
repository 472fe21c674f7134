"""Performs operations for commands: short ones in a thread, long ones with progress."""

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
"""The result of a command that the user did not confirm."""


@dataclass(frozen=True)
class CommandRun:
    """The context in which one command performs operations.

    Args:
        subject: the engine, or the place for an operation that does not need a project.
        confirmer: asks the user for consent.
        progress: shows the progress of long operations.
        token: the progress token from the editor's request, if it supplied one.
        next_change: returns an event that is set at the project's next change.
    """

    subject: Engine | Place
    confirmer: Confirmer
    progress: WorkDoneProgress
    token: str | int | None = None
    next_change: Callable[[], Waitable] | None = None

    async def perform(self, operation: Operation[Any, Any], params: Frozen) -> Outcome[Any]:
        """Perform an operation, after asking for consent if it requires that."""
        if operation.effect is Effect.LONG:
            return await self.perform_long(operation, params)
        return await self._perform(in_thread(operation), params)

    async def perform_long(self, operation: Operation[Any, Any], params: Frozen) -> Outcome[Any]:
        """Perform an operation that may take minutes; always close its progress item in the editor.

        Raises:
            WorkCancelled: the user cancelled the progress.
        """
        work = partial(self._perform, operation, params)
        return await _with_progress(self.progress, operation.summary, work, self.token)

    async def ask(self, operation_id: str, **params: Any) -> Any:
        """Return the result of a read-only operation."""
        return await ask(self.subject, operation_id, **params)

    async def _perform(self, operation: Operation[Any, Any], params: Frozen) -> Outcome[Any]:
        return await perform(
            operation, self.subject, params, self.confirmer, next_change=self.next_change
        )


def answer_of(outcome: Outcome[Any]) -> Any:
    """Return a command's result as JSON."""
    match outcome:
        case Performed(result=result):
            return result.model_dump(mode="json")
        case Settled(state=state, reason=reason):
            return {"done": False, "reason": reason, "state": state}
        case _:
            return NOT_CONFIRMED


async def ask(subject: Engine | Place, operation_id: str, **params: Any) -> Any:
    """Run a read-only operation in a thread and return its result."""
    operation = load_operation(operation_id)
    return await in_thread(operation).run(subject, operation.params.model_validate(params))


def in_thread(operation: Operation[Any, Any]) -> Operation[Any, Any]:
    """Wrap an operation so that it runs in a thread and cannot block the event loop."""
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
    # A cancel scope cancels repeatedly until the work ends; `Task.cancel` does so only once.
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
