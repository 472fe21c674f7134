"""The checks that a request passes before a face's application sees it.

The token is checked first, so that unauthenticated requests do not use up the allowance of
authenticated clients; then the rate limit, the host, the origin and the body.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from podium_http.asgi import App, Headers, Receive, Scope, Send, header
from podium_http.body import (
    BodyRefused,
    Disconnected,
    check_json,
    measure_json,
    read_body,
    replayed,
)
from podium_http.limits import LIMITS, Limits
from podium_http.rate import RateLimiter
from podium_http.tokens import shows

CONNECTION = "podium-connection"
"""The key of a request's connection in its state; set only if `serve` serves the application."""

_CLOSE = (b"connection", b"close")
_WAIT = (b"retry-after", b"1")


@dataclass(frozen=True)
class _Refusal:
    """The guard's own response to a request."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()
    reason: str = ""


class Guard:
    """Passes accepted requests on to the application, and answers all others itself.

    Args:
        app: the guarded application.
        token: the required bearer token.
        limits: the limits of the server.
        hosts: the accepted values of `Host`, with the port; None accepts all, from every origin.
        origins: the accepted values of `Origin`; a request without one does not come from a web
            page.
        now: returns the current time in seconds, from a monotonic clock.
        measure: checks a JSON body against the limits.
    """

    def __init__(
        self,
        app: App,
        token: str,
        limits: Limits = LIMITS,
        *,
        hosts: Collection[str] | None = None,
        origins: Collection[str] = (),
        now: Callable[[], float] = time.monotonic,
        measure: Callable[[bytes, Limits], None] = measure_json,
    ) -> None:
        self._app = app
        self._token = token
        self._limits = limits
        self._hosts = None if hosts is None else frozenset(each.encode() for each in hosts)
        self._origins = frozenset(each.encode() for each in origins)
        self._measure = measure
        self._rate = RateLimiter(limits.rate_limit, now)
        self._refused = RateLimiter(limits.refused, now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        elif (refusal := self._refusal(scope)) is not None:
            await _refuse(send, refusal)
        else:
            await self._pass_on(scope, receive, send)

    def _refusal(self, scope: Scope) -> _Refusal | None:
        """Return the response that refuses a request because of its head, or None."""
        headers: Headers = scope["headers"]
        address = str((scope.get("client") or ("",))[0])
        if not shows(headers, self._token):
            if self._refused.take(address):
                return _Refusal(401, ((b"www-authenticate", b"Bearer"),))
            return _Refusal(429, (_WAIT, _CLOSE))
        connection = scope.get("state", {}).get(CONNECTION)
        if connection is not None:
            connection.has_shown_token = True
        if not self._rate.take(address):
            return _Refusal(429, (_WAIT,))
        if self._hosts is None:
            return None
        if not self._hosts.issuperset(header(headers, b"host") or [b""]):
            return _Refusal(421)
        if not self._origins.issuperset(header(headers, b"origin")):
            return _Refusal(403)
        return None

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = scope["headers"]
        length = header(headers, b"content-length")
        if not length and not header(headers, b"transfer-encoding"):
            await self._app(scope, receive, send)
            return
        declared = int(length[0]) if length and length[0].isdigit() else None
        try:
            body = await read_body(receive, declared, self._limits)
            if _may_be_json(headers):
                await check_json(body, self._limits, self._measure)
        except BodyRefused as error:
            await _refuse(send, _Refusal(error.status, reason=error.reason))
        except Disconnected:
            return
        else:
            await self._app(scope, replayed(body, receive), send)


def _may_be_json(headers: Headers) -> bool:
    kinds = header(headers, b"content-type")
    return not kinds or any(b"json" in kind.lower() for kind in kinds)


async def _refuse(send: Send, refusal: _Refusal) -> None:
    text = refusal.reason.encode()
    fixed = [
        (b"content-length", str(len(text)).encode()),
        (b"content-type", b"text/plain; charset=utf-8"),
    ]
    head = [*fixed, *refusal.headers]
    await send({"type": "http.response.start", "status": refusal.status, "headers": head})
    await send({"type": "http.response.body", "body": text})
