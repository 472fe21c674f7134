"""Follows the journal from a cursor, survives errors, and reports when it has fallen behind."""

import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

import anyio

from podium.errors import PodiumError, ProjectNotFound
from podium.platform.machine import POSSIBLE_REFUSALS, refusal_in
from podium.store import Change, Cursor

_LOG = logging.getLogger(__name__)
_RETRY_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 1.0


class Feed(Protocol):
    """The part of a store that a subscription uses."""

    def cursor(self) -> Cursor:
        """Return the position after the last change."""
        ...

    def changes(self, cursor: Cursor) -> AsyncIterator[Change]:
        """Yield the changes after a position, without end."""
        ...


@dataclass(frozen=True)
class Filter:
    """Selects changes; a change must satisfy all conditions that are set.

    Args:
        kinds: event kinds; the change contains an event of one of these kinds.
        subjects: prefixes; an event's subject starts with one of these.
        paths: prefixes; a path that the change wrote starts with one of these.
    """

    kinds: frozenset[str] = frozenset()
    subjects: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    def wants(self, change: Change) -> bool:
        """Return whether a change passes the filter."""
        events = [
            event
            for event in change.events
            if (not self.kinds or event.kind in self.kinds)
            and (not self.subjects or event.subject.startswith(self.subjects))
        ]
        has_event = bool(events) or not (self.kinds or self.subjects)
        return has_event and (
            not self.paths or any(path.startswith(self.paths) for path in change.paths)
        )


EVERYTHING = Filter()


@dataclass(frozen=True)
class Delivery:
    """A change as delivered to a subscriber.

    Args:
        change: the change.
        fell_behind: earlier changes are missing from the journal, so the subscriber has to reload
            everything; such a delivery passes every filter.
    """

    change: Change
    fell_behind: bool = False


class Subscription:
    """An asynchronous iterator over the changes in a project's journal.

    An error of the store (for instance while the journal is being restored) or an exhausted
    resource does not end the subscription: it is logged, and after a pause the subscription
    continues from its cursor. If the project does not exist yet, the subscription waits for it.

    Args:
        feed: the store.
        cursor: where to start; defaults to the position after the last change.
        wanted: selects the changes to deliver.
        retry_seconds: the pause after an error.
    """

    def __init__(
        self,
        feed: Feed,
        *,
        cursor: Cursor | None = None,
        wanted: Filter = EVERYTHING,
        retry_seconds: float = _RETRY_SECONDS,
    ) -> None:
        self._feed = feed
        self._cursor = cursor if cursor is not None else _present(feed)
        self._wanted = wanted
        self._retry_seconds = retry_seconds

    @property
    def cursor(self) -> Cursor:
        """The position after the last change that was read, delivered or not.

        Raises:
            ProjectNotFound: the project does not exist yet.
        """
        return self._cursor if self._cursor is not None else self._feed.cursor()

    async def __aiter__(self) -> AsyncIterator[Delivery]:
        """Yield the wanted changes, without end."""
        logged = ""
        while True:
            try:
                async for delivery in self._until_error():
                    yield delivery
            except ProjectNotFound:
                await anyio.sleep(min(self._retry_seconds, _LOOK_AGAIN_SECONDS))
            except POSSIBLE_REFUSALS as error:
                if not isinstance(error, PodiumError) and refusal_in(error) is None:
                    raise
                if str(error) != logged:
                    logged = str(error)
                    _LOG.warning("cannot follow the journal: %s", error)
                await anyio.sleep(self._retry_seconds)

    async def _until_error(self) -> AsyncIterator[Delivery]:
        cursor = self.cursor
        changes = self._feed.changes(cursor)
        async with aclosing(changes):  # type: ignore[type-var]  # a generator in every store
            async for change in changes:
                fell_behind = change.sequence != cursor.sequence + 1
                self._cursor = cursor = Cursor(change.sequence)
                if fell_behind or self._wanted.wants(change):
                    yield Delivery(change, fell_behind)


def _present(feed: Feed) -> Cursor | None:
    """Return the position after the last change, or None while the project does not exist."""
    try:
        return feed.cursor()
    except ProjectNotFound:
        return None
