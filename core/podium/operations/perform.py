"""Runs an operation after obtaining the consent that it needs, in the same way for every face."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, cast

import anyio

from podium.errors import EvidenceMissing
from podium.model.base import Frozen
from podium.operations.confirmation import Answer, Asking, Confirmation, Confirmer
from podium.operations.engine import Engine, Place
from podium.operations.operation import Operation
from podium.operations.permissions import require_person_for
from podium.operations.table import load_operation

P = TypeVar("P", bound=Frozen)
R = TypeVar("R", bound=Frozen)


class Waitable(Protocol):
    """An event."""

    async def wait(self) -> Any:
        """Wait until the event is set."""
        ...


@dataclass(frozen=True)
class Performed(Generic[R]):
    """The operation ran.

    Args:
        result: the result of the operation.
    """

    result: R


@dataclass(frozen=True)
class Declined:
    """The person declined.

    Args:
        confirmation: the question that was asked.
    """

    confirmation: Confirmation


@dataclass(frozen=True)
class Undecided:
    """No person could be asked.

    Args:
        confirmation: the question that would have been asked.
    """

    confirmation: Confirmation


@dataclass(frozen=True)
class Settled:
    """The subject changed elsewhere before the person answered.

    Args:
        confirmation: the question that was asked.
        state: the current state of the subject.
        reason: a sentence for the person.
    """

    confirmation: Confirmation
    state: str
    reason: str


Outcome = Performed[R] | Declined | Undecided | Settled
AsPerson = Callable[[], AbstractContextManager[Any]]
"""Yields the engine or place with the answering person as its actor, if an agent asked."""


async def perform(
    operation: Operation[P, R],
    subject: Engine | Place,
    params: P,
    confirmer: Confirmer,
    *,
    as_person: AsPerson | None = None,
    next_change: Callable[[], Waitable] | None = None,
) -> Outcome[R]:
    """Ask for consent if the operation needs it, then run it on exactly the state that was shown.

    If the operation lacks evidence that a person can give, ask for it and run the operation again.

    Args:
        operation: the operation to run.
        subject: the engine or place of the requester.
        params: the parameters of the operation.
        confirmer: asks the person.
        as_person: opens the project as the person who consents; without it, an operation that only
            a person may run is refused if the requester is not a person.
        next_change: returns an event that is set at the project's next change; if given, a question
            is withdrawn when its subject changes elsewhere.

    Raises:
        NotApproved: only a person may do this.
        WriteConflict: the subject changed between the question and the run.
        PodiumError: raised by the operation itself.
    """
    if operation.confirm is None:
        return Performed(await _run_with_evidence(operation, subject, params, confirmer, as_person))
    if (confirmation := await operation.confirm(subject, params)) is None:
        return Performed(await operation.run(subject, params))
    is_agent = confirmation.only_person and subject.actor.kind != "person"
    if is_agent and as_person is None:
        require_person_for(subject.actor, confirmation.deed)
    if confirmation.asking is not Asking.IN_EDITOR:
        question = _Question(operation, subject, params, confirmation)
        answer = await question.put(confirmer, next_change)
        if isinstance(answer, Settled):
            return answer
        if answer is not Answer.YES:
            return (Declined if answer is Answer.NO else Undecided)(confirmation)
    with as_person() if is_agent and as_person else nullcontext(subject) as doer:
        bound = cast("P", confirmation.bound)
        return Performed(await operation.run(doer, bound))


async def _run_with_evidence(
    operation: Operation[P, R],
    subject: Engine | Place,
    params: P,
    confirmer: Confirmer,
    as_person: AsPerson | None,
) -> R:
    """Run an operation; if criteria lack evidence that a person can give, ask and run it again."""
    try:
        return await operation.run(subject, params)
    except EvidenceMissing as missing:
        steps = operation.consents(subject, params) if operation.consents else ()
        if not steps or not missing.criteria:
            raise
        for step in steps:
            consent = load_operation(step.operation)
            wanted = consent.params.model_validate(step.params)
            given = await perform(consent, subject, wanted, confirmer, as_person=as_person)
            if not isinstance(given, Performed):
                raise
    return await operation.run(subject, params)


@dataclass(frozen=True)
class _Question:
    operation: Operation[Any, Any]
    subject: Engine | Place
    params: Frozen
    shown: Confirmation

    async def put(
        self, confirmer: Confirmer, next_change: Callable[[], Waitable] | None
    ) -> Answer | Settled:
        """Return the person's answer, or the change of the subject if that comes first."""
        if next_change is None:
            return await confirmer.confirm(self.shown)
        changes = next_change
        first: Answer | Settled = await _first(
            lambda: confirmer.confirm(self.shown), lambda: self._settled_elsewhere(changes)
        )
        return first

    async def _settled_elsewhere(self, next_change: Callable[[], Waitable]) -> Settled:
        """Wait until the operation would ask a different question."""
        assert self.operation.confirm is not None, "it created the question"
        while True:
            change = next_change()
            now = await self.operation.confirm(self.subject, self.params)
            if now is None or (now.bound, now.state) != (self.shown.bound, self.shown.state):
                return _settled(self.shown, now)
            await change.wait()


def _settled(shown: Confirmation, now: Confirmation | None) -> Settled:
    if now is None or now.bound != shown.bound:
        state = now.state if now is not None else shown.state
        return Settled(shown, state, f"{shown.subject} has changed; review it again")
    by = f" by {now.state_by.called} ({now.state_by.face})" if now.state_by else ""
    return Settled(shown, now.state, f"{shown.subject} is already {now.state}{by}")


async def _first(*works: Callable[[], Awaitable[Any]]) -> Any:
    """Return the first result and cancel the others; of several, the first in order."""
    results: dict[int, Any] = {}
    try:
        async with anyio.create_task_group() as group:

            async def attempt(place: int, work: Callable[[], Awaitable[Any]]) -> None:
                results[place] = await work()
                group.cancel_scope.cancel()

            for place, work in enumerate(works):
                group.start_soon(attempt, place, work)
    except ExceptionGroup as errors:
        # A failure cancels the others, so there is only one to report.
        raise errors.exceptions[0] from None
    return results[min(results)]
