"""The types of an ASGI application."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]


def header(headers: Headers, name: bytes) -> list[bytes]:
    """Return the values of a header; the names in `headers` are in lower case."""
    return [value for found, value in headers if found == name]
