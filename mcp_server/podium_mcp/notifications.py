"""Notifies subscribers of changed resources, regardless of the cause."""

from collections.abc import Awaitable, Iterable, Iterator
from dataclasses import dataclass, field
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
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from podium.app import Delivery
from podium_mcp.context.elicitation import Context
from podium_mcp.context.project import Project

_LONGEST_SEND_SECONDS = 5.0
_MOST_CONNECTIONS = 1_000
"""The oldest are dropped, because the SDK does not report closed ones in the older protocols."""
_MOST_SUBSCRIPTIONS = 1_000


@dataclass(eq=False)
class _Connection:
    """A connection of the older protocols and its subscriptions."""

    session: ServerSession
    uris: set[str] = field(default_factory=lambda: set[str]())


class Notifications:
    """Follows the journal and sends notifications, in both protocol eras.

    Args:
        project: the project whose journal is followed, as soon as it exists.
        bus: carries events to listeners of the 2026 protocol.
    """

    def __init__(self, project: Project, bus: InMemorySubscriptionBus) -> None:
        self._project = project
        self._bus = bus
        self._connections: list[_Connection] = []

    def register(self, context: Context) -> None:
        """Register a reader of the resource list; the older protocols notify it of changes."""
        if context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            self._connection(context)

    async def subscribe(self, context: Context, params: wire.SubscribeRequestParams) -> Any:
        """Answer `resources/subscribe` of the older protocols."""
        uris = self._connection(context).uris
        if len(uris) >= _MOST_SUBSCRIPTIONS:
            raise MCPError(wire.INVALID_REQUEST, "Too many subscriptions; unsubscribe some first")
        uris.add(str(params.uri))
        return wire.EmptyResult()

    async def unsubscribe(self, context: Context, params: wire.UnsubscribeRequestParams) -> Any:
        """Answer `resources/unsubscribe`."""
        self._connection(context).uris.discard(str(params.uri))
        return wire.EmptyResult()

    async def follow(self) -> None:
        """Follow the journal indefinitely."""
        async for delivery in self._project.reader.follow():
            await self.notify(delivery)

    async def notify(self, delivery: Delivery) -> None:
        """Notify the subscribers of the resources that a transaction changed.

        If earlier transactions are no longer known, every resource may have changed.
        """
        paths = delivery.change.paths
        uris = dict.fromkeys(_uris(paths))
        if delivery.fell_behind:
            uris |= dict.fromkeys(uri for each in self._connections for uri in each.uris)
        for uri in uris:
            await self._bus.publish(ResourceUpdated(uri=uri))
            for each in [each for each in self._connections if uri in each.uris]:
                await self._send(each, each.session.send_resource_updated(uri))
        if delivery.fell_behind or any(map(_is_listed, paths)):
            await self._bus.publish(ResourcesListChanged())
            for each in [*self._connections]:
                await self._send(each, each.session.send_resource_list_changed())

    async def _send(self, connection: _Connection, notification: Awaitable[None]) -> None:
        """Notify one host; drop it if it does not read, so that it does not block the others."""
        with anyio.move_on_after(_LONGEST_SEND_SECONDS) as scope:
            await notification
        if scope.cancelled_caught and connection in self._connections:
            self._connections.remove(connection)

    def _connection(self, context: Context) -> _Connection:
        for each in self._connections:
            if _same(each.session, context.session):
                return each
        self._connections = [*self._connections, _Connection(context.session)][-_MOST_CONNECTIONS:]
        return self._connections[-1]


def _same(one: ServerSession, other: ServerSession) -> bool:
    """Return whether two requests came over the same connection.

    The parameters object is created once per connection, so its identity identifies it.
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
    return path.startswith("plans/") and path.endswith("/plan.json")
