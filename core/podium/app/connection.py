"""A face's connection to a project: the actor, operations and changes."""

import os
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pydantic

from podium.app.actors import Face, actor_of, agent, person
from podium.app.opening import open_engine, open_place
from podium.app.runner_start import restart_dead_runner
from podium.app.settings import load_settings
from podium.errors import InternalError, ValidationError
from podium.events.subscription import EVERYTHING, Delivery, Filter, Subscription
from podium.model.base import Frozen
from podium.model.events import Actor
from podium.model.rules.validation import sentences
from podium.operations.confirmation import Confirmation, Confirmer, Nobody
from podium.operations.engine import Engine, Place
from podium.operations.operation import Operation
from podium.operations.perform import Outcome, Performed, Waitable, perform
from podium.operations.table import load_operation
from podium.ports.clock import Clock
from podium.store import Change, Cursor

__all__ = [
    "Change",
    "Connection",
    "Cursor",
    "Delivery",
    "Filter",
    "Given",
    "Subscription",
    "built",
    "connect",
]

Given = Frozen | Mapping[str, Any]
"""Parameters, either as a model or as a mapping of names to values."""


class Connection:
    """A face's connection to the project at or above a folder; opens it on first use.

    Args:
        folder: a folder of the project, or the folder in which to create one.
        actor: the actor on whose behalf operations run.
        host_asks: whether an agent uses the face, and its host has dialogs for the person.
        clock: a clock to use instead of the system clock.
    """

    def __init__(
        self, folder: Path, actor: Actor, *, host_asks: bool = False, clock: Clock | None = None
    ) -> None:
        self.folder = folder
        self.actor = actor
        self._host_asks = host_asks
        self._clock = clock
        self._engine: Engine | None = None
        self._has_looked = False
        """Whether this face has already checked for a run whose runner died."""

    @property
    def engine(self) -> Engine:
        """Return the open project with its current settings.

        Raises:
            ProjectNotFound: the folder is not in a project.
            InvalidConfig: a settings file is invalid.
            StorageError: the store cannot be read.
        """
        if self._engine is None:
            self._engine = open_engine(self.folder, self.actor, clock=self._clock)
        else:
            self._engine = replace(self._engine, config=load_settings(self._engine.home))
        return self._engine

    @property
    def reading(self) -> Engine:
        """Return the open project for read-only use, even if its settings are invalid.

        Raises:
            ProjectNotFound: the folder is not in a project.
            StorageError: the store cannot be read.
        """
        if self._engine is None:
            self._engine = open_engine(
                self.folder, self.actor, clock=self._clock, with_wrong_settings=True
            )
        return self._engine

    @property
    def place(self) -> Place:
        """Return the folder, for operations that also work outside a project.

        Raises:
            InvalidConfig: a settings file is invalid.
        """
        return open_place(self.folder, self.actor, clock=self._clock)

    async def invoke(
        self,
        operation_id: str,
        params: Given | None = None,
        confirmer: Confirmer | None = None,
        *,
        next_change: Callable[[], Waitable] | None = None,
    ) -> Outcome[Any]:
        """Run an operation, with consent if it needs any.

        Args:
            operation_id: `noun.verb`.
            params: the parameters of the operation.
            confirmer: asks the person; without it, no person can be asked.
            next_change: passed on to `perform`.

        Raises:
            ValidationError: the parameters are invalid.
            PodiumError: the operation fails.
        """
        operation = load_operation(operation_id)
        return await perform(
            operation,
            self._subject(operation),
            built(operation, params or {}),
            confirmer or Nobody(),
            as_person=self._as_person if self._host_asks else None,
            next_change=next_change,
        )

    async def question(self, operation_id: str, params: Given | None = None) -> Confirmation | None:
        """Return the question that `invoke` would ask a person; None if it would not ask.

        Raises:
            ValidationError: the parameters are invalid.
            PodiumError: the operation cannot run.
        """
        operation = load_operation(operation_id)
        if operation.confirm is None:
            return None
        given = built(operation, params or {})
        return await operation.confirm(self._subject(operation), given)

    async def ask(self, operation_id: str, **params: Any) -> Any:
        """Return the result of an operation that does not need consent.

        Raises:
            InternalError: the operation needs consent.
            PodiumError: as for `invoke`.
        """
        outcome = await self.invoke(operation_id, params)
        if not isinstance(outcome, Performed):
            raise InternalError(f"{operation_id} needs consent, but no confirmer was passed")
        return outcome.result

    def cursor(self) -> Cursor:
        """Return a cursor at the current end of the project's changes."""
        return self.reading.store.cursor()

    def reconcile(self) -> None:
        """Import the changes of files that were edited outside Podium.

        Raises:
            StorageError: the journal cannot be read.
        """
        self.reading.store.reconcile()

    def follow(self, cursor: Cursor | None = None, wanted: Filter = EVERYTHING) -> Subscription:
        """Yield the project's changes after a cursor, by any process, without end.

        A store error does not end the iteration, and a delivery reports when earlier changes are no
        longer available. If the project does not exist yet, waits for it.

        Args:
            cursor: the last known change; by default the latest.
            wanted: selects changes; by default all.
        """
        return Subscription(_Feed(self), cursor=cursor, wanted=wanted)

    def close(self) -> None:
        """Close the project; the connection can be used again."""
        if self._engine is not None:
            self._engine.store.close()
            self._engine, self._has_looked = None, False

    def _subject(self, operation: Operation[Any, Any]) -> Engine | Place:
        if operation.needs is Place:
            return self.place
        engine = self.engine
        if not self._has_looked and self.actor.kind == "person" and not _is_repair(operation):
            self._has_looked = True
            restart_dead_runner(engine)
        return engine

    @contextmanager
    def _as_person(self) -> Generator[Engine]:
        """Yield the engine on behalf of the person who has just answered in the host's own
        dialog."""
        engine, who = self.engine, person(cast("Face", self.actor.face))
        yield replace(engine, actor=who, store=engine.store.on_behalf_of(who))


def _is_repair(operation: Operation[Any, Any]) -> bool:
    """Return whether an operation repairs the store, during which no run should begin."""
    return operation.id.startswith("store.")


@dataclass(frozen=True)
class _Feed:
    """The journal of a connection's project, opened on first use."""

    connection: Connection

    def cursor(self) -> Cursor:
        return self.connection.cursor()

    def changes(self, cursor: Cursor) -> AsyncIterator[Change]:
        return self.connection.reading.store.changes(cursor)


def connect(
    folder: Path,
    face: Face,
    *,
    client: str = "",
    environment: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
) -> Connection:
    """Return a face's connection to the project at or above a folder, without opening it.

    Args:
        folder: a folder of the project, or the folder in which to create one.
        face: the face through which the actor acts.
        client: the name of the agent that uses the face; empty if the user may be a person.
        environment: the environment of the process that serves the face.
        clock: a clock to use instead of the system clock.
    """
    if client:
        return Connection(folder, agent(face, client), host_asks=face == "mcp", clock=clock)
    return Connection(folder, actor_of(face, environment), clock=clock)


def built(operation: Operation[Any, Any], params: Given) -> Frozen:
    """Build an operation's parameters.

    Raises:
        ValidationError: a value is invalid; the message lists every problem.
    """
    if isinstance(params, Frozen):
        return params
    try:
        made: Frozen = operation.params.model_validate(dict(params))
    except pydantic.ValidationError as error:
        why = "; ".join(sentences(error, operation.params))
        raise ValidationError("The parameters are invalid", why=why) from error
    return made
