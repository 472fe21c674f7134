"""Serves an application, limiting the number of connections and the time that each may take.

Otherwise, a client that sends nothing, or one byte now and then, could hold a connection and its
file descriptor forever.
"""

import asyncio
import itertools
import socket
from collections.abc import Iterator
from typing import Any, ClassVar, cast

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from podium_http.asgi import App
from podium_http.guard import CONNECTION
from podium_http.limits import LIMITS, Limits

_FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def serve(app: App, listener: socket.socket, limits: Limits = LIMITS) -> None:
    """Serve until the process is stopped.

    Args:
        app: the application, inside a guard.
        listener: the listening socket.
        limits: the limits of the server.
    """
    uvicorn.Server(configuration(app, limits)).run(sockets=[listener])


def configuration(app: App, limits: Limits) -> uvicorn.Config:
    """Return the server's configuration; WebSockets are off even if a library is installed."""
    protocol = type("Limited", (Connection,), {"limits": limits})
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=limits.idle_seconds,
    )


class Connection(H11Protocol):
    """A connection with timeouts."""

    limits: ClassVar[Limits] = LIMITS
    _numbers: ClassVar[Iterator[int]] = itertools.count()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.app_state = {**self.app_state, CONNECTION: self}
        self.has_shown_token = False
        self.number: int = next(self._numbers)
        self._awaited: object = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        """Accept a connection if the limit allows it, or if another one can be closed for it."""
        if len(self.connections) >= self.limits.connections and not self._make_room():
            self.transport = transport
            transport.write(_FULL)
            transport.close()
            return
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Handle data from the client."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._watch()

    def _make_room(self) -> bool:
        """Close the oldest unauthenticated connection; return False if all are authenticated."""
        present = cast("set[Connection]", self.connections)
        unknown = {each.number: each for each in present if not each.has_shown_token}
        if not unknown:
            return False
        oldest = unknown[min(unknown)]
        self.connections.discard(oldest)
        oldest.transport.abort()
        return True

    def _watch(self) -> None:
        """Restart the timeout when the server waits for a different part of the request."""
        awaited: object = self.conn.their_state
        if self.transport.is_closing() or self.timeout_keep_alive_task is not None:
            awaited = None
        if awaited is self._awaited:
            return
        self._stop_clock()
        self._awaited = awaited
        if awaited is h11.IDLE:
            self._start_clock(self.limits.header_seconds)
        elif awaited is h11.SEND_BODY:
            self._start_clock(self.limits.body_seconds)

    def _start_clock(self, seconds: float) -> None:
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
