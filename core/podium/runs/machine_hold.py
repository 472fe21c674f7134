"""Holds a run while the machine is out of disk space, memory, files or processes, or read-only.

The problem is a question about the run, which any face shows and which ends by itself as soon as
the machine has recovered. It costs no attempt.
"""

import contextlib
from collections.abc import Callable
from functools import partial
from typing import NoReturn, TypeVar

import anyio
import anyio.lowlevel

from podium.entities.questions import all_questions, ask, end_without_answer
from podium.errors import MachineRefuses
from podium.model.base import build_validators
from podium.model.questions import Choice, Fact, Question, QuestionKind
from podium.platform.machine import (
    POSSIBLE_REFUSALS,
    Refusal,
    Reserve,
    free_megabytes,
    lack_of_room,
    refusal_at,
    refusal_in,
)
from podium.runs.context import RunContext
from podium.store import Transaction

_T = TypeVar("_T")

POLL_SECONDS = 30.0
"""How often to check whether the machine has recovered."""


class MachineHold:
    """Holds one run.

    Args:
        context: the run and the services that it uses.
        on_end: called when the run may continue.
        poll_seconds: how often to check.
    """

    def __init__(
        self,
        context: RunContext,
        on_end: Callable[[], None],
        *,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._context = context
        self._on_end = on_end
        self._seconds = poll_seconds
        self._refusal: Refusal | None = None
        self._refused = anyio.Event()
        self._nudged = anyio.Event()
        self._reserve = Reserve()

    @property
    def is_active(self) -> bool:
        """Whether the run must wait."""
        return self._refusal is not None

    def begin(self, refusal: Refusal) -> None:
        """Hold the run, unless it is already held."""
        if self._refusal is None:
            self._refusal, self._nudged = refusal, anyio.Event()
            self._reserve.give_up()
            self._refused.set()

    def check_now(self) -> None:
        """Check immediately whether the machine has recovered, because a person asked for it."""
        self._nudged.set()

    async def watch(self) -> None:
        """End each hold when the machine has recovered; runs as long as the runner."""
        with contextlib.suppress(OSError):
            self._reserve.take()
        try:
            await self._end_holds()
        finally:
            self._reserve.give_up()

    async def _end_holds(self) -> NoReturn:
        for _ in build_validators():
            await anyio.lowlevel.checkpoint()
        if self._open_questions():
            # Asked by an earlier runner; the machine may have recovered since then.
            self.begin(Refusal("the machine was out of a resource before"))
            self.check_now()
        while True:
            await self._refused.wait()
            assert self._refusal is not None, "set together with the event"
            while not await self._has_recovered(self._refusal):
                pass
            self._refusal, self._refused = None, anyio.Event()
            self._on_end()

    async def _has_recovered(self, refusal: Refusal) -> bool:
        """Ask, wait until the next check, and return whether the hold is over."""
        context = self._context
        question = _question(context, refusal)
        await self._write(lambda tx: ask(tx, question))
        with anyio.move_on_after(self._seconds):
            await self._nudged.wait()
        self._nudged = anyio.Event()
        if await _in_thread(self._still_refused) is not None:
            return False
        return await self._write(self._end_questions)

    def _still_refused(self) -> Refusal | None:
        try:
            self._reserve.take()
            found = refusal_at(self._context.places) or self._lacks_sandbox()
        except OSError as error:
            found = refusal_in(error)
        if found is not None:
            self._reserve.give_up()
        return found

    def _lacks_sandbox(self) -> Refusal | None:
        try:
            self._context.check_sandbox()
        except MachineRefuses as error:
            return refusal_in(error)
        return None

    async def _write(self, change: Callable[[Transaction], object]) -> bool:
        """Return whether the store could be written."""
        try:
            await _in_thread(partial(self._context.store.transact, change))
        except POSSIBLE_REFUSALS as error:
            if refusal_in(error) is None:
                raise
            return False
        return True

    def _end_questions(self, tx: Transaction) -> None:
        now = self._context.clock.now()
        for question in self._open_questions(tx):
            end_without_answer(tx, question, now)

    def _open_questions(self, tx: Transaction | None = None) -> list[Question]:
        found = all_questions(tx or self._context.store, self._context.run.id)
        return [each for each in found if each.is_open and each.kind == QuestionKind.MACHINE]


async def _in_thread(function: Callable[[], _T]) -> _T:
    """Run a function in a thread, or in this one if no thread can be started."""
    try:
        return await anyio.to_thread.run_sync(function)
    except RuntimeError as error:
        if refusal_in(error) is None:
            raise
        return function()


def _question(context: RunContext, refusal: Refusal) -> Question:
    space = {str(place): free_megabytes(place) for place in context.places}
    found = refusal if refusal.place else lack_of_room(context.places) or refusal
    return Question(
        id="",
        kind=QuestionKind.MACHINE,
        about=context.run.id,
        text=f"The run is waiting because {found.sentence}",
        facts=tuple(Fact(name=each, text=f"{mb} MB free") for each, mb in space.items()),
        choices=(Choice(id="retry", label="Try again now"),),
        asked_at=context.clock.now(),
    )
