"""Reads a request's body and measures it before anything parses it.

Parsing JSON is one call that holds the interpreter, in whatever thread it is made, and checking it
against the types of a protocol takes a multiple of that. Both grow with the number of values, so
these are counted first: token by token, in a thread if the body is large, and no further than the
limit.
"""

import re
from collections.abc import Callable

import anyio.to_thread

from podium_http.asgi import Message, Receive
from podium_http.limits import Limits

LARGE = 16 * 1024
"""Bodies of more bytes are measured in a thread."""

# A string that does not end reaches to the end of the body, so that no byte is looked at twice.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)
_SPACE = b" \t\r\n"


class BodyRefused(Exception):
    """A body is beyond a limit.

    Args:
        status: the status of the answer.
        reason: what is wrong, for the client.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Disconnected(Exception):
    """The client has gone, or its time for the body is over."""


async def read_body(receive: Receive, declared: int | None, limits: Limits) -> bytes:
    """Return the whole body of a request.

    Args:
        receive: gives the parts of the body.
        declared: the size that the request declares.
        limits: the server's limits.

    Raises:
        BodyRefused: the body is too large.
        Disconnected: it ended early.
    """
    body = bytearray()
    more = True
    while more:
        if max(len(body), declared or 0) > limits.body_bytes:
            raise BodyRefused(413, f"a body has at most {limits.body_bytes} bytes")
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        body += message.get("body", b"")
        more = bool(message.get("more_body", False))
    if len(body) > limits.body_bytes:
        raise BodyRefused(413, f"a body has at most {limits.body_bytes} bytes")
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
    """Count the values of a body, and the requests if it is a batch; the text may be invalid.

    Raises:
        BodyRefused: there are too many, or the text is not UTF-8.
    """
    if body.startswith((b"\xff\xfe", b"\xfe\xff")) or 0 in body[:4]:
        raise BodyRefused(400, "JSON is UTF-8")
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
            raise BodyRefused(413, f"a body has at most {limits.values} values")
        if is_batch and requests >= limits.batch:
            raise BodyRefused(413, f"a batch has at most {limits.batch} requests")


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that has been read, and then what comes after it."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return pending.pop() if pending else await receive()

    return next_message
