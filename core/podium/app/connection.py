"""What a face has of a project: who acts, operations, changes; the same for every face."""

import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pydantic

from podium.app.actors import Face, actor_of, agent, person
from podium.app.opening import open_engine, open_place
from podium.app.settings import load_settings
from podium.dialogue.drafts import sentences
from podium.errors import InternalError, ValidationError
from podium.events.subscription import EVERYTHING, Delivery, Filter, Subscription
from podium.model.base import Frozen
from podium.model.events import Actor
from podium.operations.confirmation import Confirmer, Nobody
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
"""Parameters: built already, or by name."""


class Connection:
    """One face's way into the project at or above a folder; opened when it is first needed.

    Args:
        folder: a folder of the project, or where one is to be made.
        actor: who acts.
        host_asks: the face is an agent's, and its host has dialogs that only the person answers.
        clock: another one than the system's.
    """

    def __init__(
        self, folder: Path, actor: Actor, *, host_asks: bool = False, clock: Clock | None = None
    ) -> None:
        self.folder = folder
        self.actor = actor
        self._host_asks = host_asks
        self._clock = clock
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """Return the open project, with the settings as they are now.

        Raises:
            ProjectNotFound: the folder is not in one.
            InvalidConfig: a settings file is wrong.
            StorageError: the store cannot be read.
        """
        if self._engine is None:
            self._engine = open_engine(self.folder, self.actor, clock=self._clock)
        else:
            self._engine = replace(self._engine, config=load_settings(self._engine.home))
        return self._engine

    @property
    def reading(self) -> Engine:
        """Return the open project for what only reads; wrong settings do not matter to that.

        Raises:
            ProjectNotFound: the folder is not in one.
            StorageError: the store cannot be read.
        """
        if self._engine is None:
            self._engine = open_engine(
                self.folder, self.actor, clock=self._clock, with_wrong_settings=True
            )
        return self._engine

    @property
    def place(self) -> Place:
        """Return the folder, for operations that also work outside of a project.

        Raises:
            InvalidConfig: a settings file is wrong.
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
        """Carry an operation out, with the consent that it needs.

        Args:
            operation_id: `noun.verb`.
            params: what is asked.
            confirmer: puts the question; without one, nobody can be asked.
            next_change: as `perform` takes it.

        Raises:
            ValidationError: the parameters are not acceptable.
            PodiumError: the operation refuses.
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

    async def ask(self, operation_id: str, **params: Any) -> Any:
        """Return the result of an operation that needs nobody's consent.

        Raises:
            InternalError: it does need consent.
            PodiumError: as `invoke`.
        """
        outcome = await self.invoke(operation_id, params)
        if not isinstance(outcome, Performed):
            raise InternalError(f"{operation_id} needs consent and was asked without a confirmer")
        return outcome.result

    def cursor(self) -> Cursor:
        """Return the present end of the project's changes."""
        return self.reading.store.cursor()

    def follow(self, cursor: Cursor | None = None, wanted: Filter = EVERYTHING) -> Subscription:
        """Return the project's changes after a cursor, by any process; iterating never ends.

        An error of the store does not end it, and a delivery reports when earlier changes are no
        longer available.

        Args:
            cursor: the last change that is known; by default everything so far.
            wanted: which changes; all by default.
        """
        return Subscription(self.reading.store, cursor=cursor, wanted=wanted)

    def close(self) -> None:
        """Close what was opened; the connection can be used again."""
        if self._engine is not None:
            self._engine.store.close()
            self._engine = None

    def _subject(self, operation: Operation[Any, Any]) -> Engine | Place:
        return self.place if operation.needs is Place else self.engine

    @contextmanager
    def _as_person(self) -> Generator[Engine]:
        """Give the project as the person who has just answered in the host's own dialog."""
        engine, who = self.engine, person(cast("Face", self.actor.face))
        yield replace(engine, actor=who, store=engine.store.on_behalf_of(who))


def connect(
    folder: Path,
    face: Face,
    *,
    client: str = "",
    environment: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
) -> Connection:
    """Return a face's connection to the project at or above a folder; opens nothing yet.

    Args:
        folder: a folder of the project, or where one is to be made.
        face: by which way somebody acts.
        client: the name of the agent behind the face; empty where a person may be behind it.
        environment: of the process that was started for the face.
        clock: another one than the system's.
    """
    if client:
        return Connection(folder, agent(face, client), host_asks=face == "mcp", clock=clock)
    return Connection(folder, actor_of(face, environment), clock=clock)


def built(operation: Operation[Any, Any], params: Given) -> Frozen:
    """Return an operation's parameters.

    Raises:
        ValidationError: a value is not acceptable; every problem is named in plain words.
    """
    if isinstance(params, Frozen):
        return params
    try:
        made: Frozen = operation.params.model_validate(dict(params))
    except pydantic.ValidationError as error:
        raise ValidationError(
            "The request cannot be accepted", why="; ".join(sentences(error))
        ) from error
    return made
