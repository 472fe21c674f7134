"""Reads a request's body and measures it before anything parses it.

Parsing JSON is a single call that holds the GIL in whichever thread it runs, and validating the
result against a protocol's types takes several times as long. Both grow with the number of values,
so the values are counted first: token by token, in a thread if the body is large, and only up to
the limit.
"""

import re
from collections.abc import Callable

import anyio.to_thread

from podium_http.asgi import Message, Receive
from podium_http.limits import Limits

LARGE = 16 * 1024
"""Bodies with more bytes than this are measured in a thread."""

# An unterminated string extends to the end of the body, so that no byte is scanned twice.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)
_SPACE = b" \t\r\n"


class BodyRefused(Exception):
    """A body exceeds a limit.

    Args:
        status: the HTTP status of the response.
        reason: a description of the problem for the client.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Disconnected(Exception):
    """The client disconnected, or the timeout for the body expired."""


async def read_body(receive: Receive, declared: int | None, limits: Limits) -> bytes:
    """Return the whole body of a request.

    Args:
        receive: returns the next part of the body.
        declared: the size declared in the request.
        limits: the server's limits.

    Raises:
        BodyRefused: the body is too large.
        Disconnected: the body ended early.
    """
    body = bytearray()
    more = True
    while more:
        if max(len(body), declared or 0) > limits.body_bytes:
            raise BodyRefused(
                413, f"the request body may be at most {limits.body_bytes} bytes long"
            )
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        body += message.get("body", b"")
        more = bool(message.get("more_body", False))
    if len(body) > limits.body_bytes:
        raise BodyRefused(413, f"the request body may be at most {limits.body_bytes} bytes long")
    return bytes(body)


async def check_json(body: bytes, limits: Limits, measure: Callable[[bytes, Limits], None]) -> None:
    """Check that a JSON body is within the limits.

    Raises:
        BodyRefused: it has too many values or requests.
    """
    if len(body) > LARGE:
        await anyio.to_thread.run_sync(measure, body, limits)
    else:
        measure(body, limits)


def measure_json(body: bytes, limits: Limits) -> None:
    """Count the values in a body, and the requests if it is a batch; the text may be invalid JSON.

    Raises:
        BodyRefused: there are too many, or the text is not UTF-8.
    """
    if body.startswith((b"\xff\xfe", b"\xfe\xff")) or 0 in body[:4]:
        raise BodyRefused(400, "JSON must be UTF-8")
    values = requests = depth = 0
    is_batch = body.lstrip(_SPACE)[:1] == b"["
    for found in _TOKEN.finditer(body):
        token = found[0]
        if token in b"]}":
            depth -= 1
        elif token in b"[{":
            depth += 1
            values += 1
        elif token == b",":
            values += 1
            requests += depth == 1
        if values > limits.values:
            raise BodyRefused(413, f"the request body may contain at most {limits.values} values")
        if is_batch and requests >= limits.batch:
            raise BodyRefused(413, f"a batch may have at most {limits.batch} requests")


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that first returns a body that was already read, then what follows it."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return pending.pop() if pending else await receive()

    return next_message
