"""Tells subscribers what changed, whoever changed it: an editor, a terminal, a run, a merge."""

from collections.abc import Iterable, Iterator
from typing import Any

import anyio
import mcp_types as wire
from mcp import MCPError
from mcp.server.session import ServerSession
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ResourcesListChanged,
    ResourceUpdated,
)

from podium.errors import PodiumError
from podium.store import Change, Cursor
from podium_mcp.asking import Context
from podium_mcp.project import Project

_LOOK_AGAIN_SECONDS = 1.0
_MOST_SUBSCRIPTIONS = 1_000


class Changes:
    """Follows the journal and notifies, in both protocol eras.

    Args:
        project: whose journal is followed, once it is there.
        bus: carries events to listeners of the 2026 protocol.
    """

    def __init__(self, project: Project, bus: InMemorySubscriptionBus) -> None:
        self._project = project
        self._bus = bus
        self._subscribers: dict[str, list[ServerSession]] = {}

    async def subscribe(self, context: Context, params: wire.SubscribeRequestParams) -> Any:
        """Answer `resources/subscribe` of the older protocols."""
        if len(self._subscribers) >= _MOST_SUBSCRIPTIONS:
            raise MCPError(wire.INVALID_REQUEST, "Too many subscriptions; unsubscribe some first")
        sessions = self._subscribers.setdefault(str(params.uri), [])
        if not any(_same(context.session, each) for each in sessions):
            sessions.append(context.session)
        return wire.EmptyResult()

    async def unsubscribe(self, context: Context, params: wire.UnsubscribeRequestParams) -> Any:
        """Answer `resources/unsubscribe`."""
        uri = str(params.uri)
        kept = [s for s in self._subscribers.get(uri, []) if not _same(context.session, s)]
        self._keep(uri, kept)
        return wire.EmptyResult()

    async def follow(self) -> None:
        """Follow the journal for ever; waits for the project to be made."""
        cursor: Cursor | None = None
        while True:
            try:
                store = self._project.reader.store
                cursor = cursor or store.cursor()
                async for change in store.changes(cursor):
                    await self.tell(change)
                    cursor = Cursor(change.sequence)
            except PodiumError:
                await anyio.sleep(_LOOK_AGAIN_SECONDS)

    async def tell(self, change: Change) -> None:
        """Notify everybody who asked about what a transaction changed."""
        uris = dict.fromkeys(_uris(change.paths))
        for uri in uris:
            await self._bus.publish(ResourceUpdated(uri=uri))
            await self._notify(uri)
        if any(_is_listed(path) for path in change.paths):
            await self._bus.publish(ResourcesListChanged())

    async def _notify(self, uri: str) -> None:
        kept: list[ServerSession] = []
        for session in self._subscribers.get(uri, []):
            try:
                await session.send_resource_updated(uri)
            except (anyio.ClosedResourceError, anyio.BrokenResourceError, MCPError):
                continue
            kept.append(session)
        self._keep(uri, kept)

    def _keep(self, uri: str, sessions: list[ServerSession]) -> None:
        if sessions:
            self._subscribers[uri] = sessions
        else:
            self._subscribers.pop(uri, None)


def _same(one: ServerSession, other: ServerSession) -> bool:
    """Tell whether two requests came over one connection.

    A connection's parameters are made once, at its beginning, so they tell connections apart.
    """
    return one.client_params is other.client_params


def _uris(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        match path.split("/"):
            case ["plans", plan, "tasks" | "status", name]:
                yield f"podium://task/{plan}/{name.removesuffix('.json')}"
                yield f"podium://plan/{plan}"
            case ["plans", plan, *_]:
                yield f"podium://plan/{plan}"
            case ["sessions", session, *_]:
                yield f"podium://session/{session}"
            case ["runs", run, *_]:
                yield f"podium://run/{run}/log"
            case ["findings", name]:
                yield f"podium://finding/{name.removesuffix('.json')}"
            case _:
                pass


def _is_listed(path: str) -> bool:
    return path.endswith(("/plan.json", "/session.json", "/run.json"))
