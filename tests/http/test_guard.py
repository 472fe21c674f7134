"""The guard over a real server and real sockets; limits are small, so that no test waits."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
import uvicorn

from podium_http.asgi import Receive, Scope, Send
from podium_http.body import LARGE, measure_json
from podium_http.guard import Guard
from podium_http.limits import Limits, RateLimit
from podium_http.serving import configuration
from podium_http.tokens import load_token, shows

TOKEN = "the-token"
AUTHORIZED = f"Authorization: Bearer {TOKEN}"
HOST = "app.example:1"


@dataclass
class Stage:
    """A server in a thread, with what its application was asked.

    Args:
        limits: the limits of the server.
        measure: checks a JSON body.
    """

    limits: Limits
    measure: Callable[[bytes, Limits], None] = measure_json
    bodies: list[bytes] = field(default_factory=list[bytes])
    port: int = 0

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the size of the body."""
        if scope["type"] != "http":
            return
        body = b""
        if scope["method"] == "POST":
            body = (await receive())["body"]
        self.bodies.append(body)
        text = str(len(body)).encode()
        headers = [(b"content-length", str(len(text)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    @contextlib.contextmanager
    def serving(self) -> Generator["Stage"]:
        guard = Guard(
            self.app,
            TOKEN,
            self.limits,
            hosts=[HOST],
            origins=["https://app.example"],
            now=lambda: 0.0,
            measure=self.measure,
        )
        config = configuration(guard, self.limits)
        config.lifespan = "off"
        server = uvicorn.Server(config)
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        thread = threading.Thread(target=anyio.run, args=[server.serve, [listener]])
        thread.start()
        try:
            yield self
        finally:
            server.should_exit = server.force_exit = True
            thread.join()
            listener.close()

    def connect(self) -> "Client":
        """Open a connection."""
        return Client(socket.create_connection(("127.0.0.1", self.port)))


class Client:
    """One connection to the server.

    Args:
        wire: its socket.
    """

    def __init__(self, wire: socket.socket) -> None:
        self.wire = wire
        self._answers = wire.makefile("rb")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self.wire.close()

    def send(self, *lines: str, body: bytes | None = None, method: str = "POST") -> None:
        """Send a request."""
        head = [f"{method} / HTTP/1.1", *lines]
        if not any(line.startswith("Host:") for line in lines):
            head.append(f"Host: {HOST}")
        if body is not None:
            head += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before its end
            self.wire.sendall("\r\n".join([*head, "", ""]).encode() + (body or b""))

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Return the status, the headers and the body of the next answer."""
        status = int(self._answers.readline().split()[1])
        headers: dict[str, str] = {}
        while line := self._answers.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        return status, headers, self._answers.read(int(headers.get("content-length", 0)))

    def status(self, *lines: str, body: bytes | None = None, method: str = "POST") -> int:
        """Send a request and return the status of its answer."""
        self.send(*lines, body=body, method=method)
        return self.answer()[0]

    def is_closed(self) -> bool:
        """Wait until the server closes the connection."""
        try:
            return self._answers.read(1) == b""
        except ConnectionResetError:
            return True


@pytest.mark.promise("X3.rate-after-token")
def test_requests_without_a_token_take_nothing_from_those_with_one() -> None:
    limits = Limits(
        rate_limit=RateLimit(per_second=0.0, burst=3), refused=RateLimit(per_second=0.0, burst=2)
    )
    with Stage(limits).serving() as stage:
        with stage.connect() as stranger:
            assert [stranger.status(method="GET") for _ in range(3)] == [401, 401, 429]
            assert stranger.is_closed()
        with stage.connect() as stranger:
            assert stranger.status("Authorization: Bearer wrong", body=b"{}") == 429
        with stage.connect() as holder:
            statuses = [holder.status(AUTHORIZED, body=b"{}") for _ in range(4)]
            assert statuses == [200, 200, 200, 429]
    assert stage.bodies == [b"{}"] * 3


@pytest.mark.promise("X3.token", "X3.origin")
@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([AUTHORIZED], 200),
        ([f"authorization: bearer {TOKEN}"], 200),
        ([f"Authorization: BEARER   {TOKEN}"], 200),
        ([f"Authorization: Basic {TOKEN}"], 401),
        ([f"Authorization: {TOKEN}"], 401),
        (["Authorization: Bearer"], 401),
        ([AUTHORIZED, AUTHORIZED], 401),
        ([AUTHORIZED, "Host: evil.example"], 421),
        ([AUTHORIZED, "Host: app.example:2"], 421),
        ([AUTHORIZED, "Origin: https://app.example"], 200),
        ([AUTHORIZED, "Origin: http://app.example"], 403),
        ([AUTHORIZED, "Origin: null"], 403),
        (["Host: evil.example", "Origin: null"], 401),
    ],
)
def test_a_request_shows_the_token_and_comes_from_where_it_may(
    lines: list[str], status: int
) -> None:
    with Stage(Limits()).serving() as stage, stage.connect() as client:
        assert client.status(*lines, method="GET") == status


def batch(size: int) -> bytes:
    return json.dumps([{"jsonrpc": "2.0", "id": number} for number in range(size)]).encode()


@pytest.mark.parametrize(
    ("body", "limits", "status"),
    [
        (b"{}", Limits(body_bytes=2), 200),
        (b"{ }", Limits(body_bytes=2), 413),
        (batch(100), Limits(), 200),
        (batch(101), Limits(), 413),
        (b" \n" + batch(101), Limits(), 413),
        (b"[" * 50 + b"]" * 50, Limits(values=50), 200),
        (b"[" * 51 + b"]" * 51, Limits(values=50), 413),
        (b'{"a": "' + b"[,{" * 100 + b'"}', Limits(values=1), 200),
        (b'{"a": "\\"[,[,", "b": 1}', Limits(values=2), 200),
        (b'{"a": "\\\\", "b": [1,2]}', Limits(values=3), 413),
        (b'["' + b'\\"' * 100_000, Limits(values=1), 200),
        (json.dumps([[0] * 49_998]).encode(), Limits(), 200),
        (json.dumps([[0] * 50_000]).encode(), Limits(), 413),
        ("[1,2]".encode("utf-16"), Limits(), 400),
        (b"[\0", Limits(), 400),
    ],
)
def test_a_body_is_measured_before_it_is_parsed(body: bytes, limits: Limits, status: int) -> None:
    with Stage(limits).serving() as stage, stage.connect() as client:
        assert client.status(AUTHORIZED, body=body) == status
    assert stage.bodies == ([body] if status == 200 else [])


def test_a_body_that_does_not_say_its_size_is_limited_too() -> None:
    with Stage(Limits(body_bytes=10)).serving() as stage, stage.connect() as client:
        client.send(AUTHORIZED, "Transfer-Encoding: chunked")
        client.wire.sendall(b"8\r\n12345678\r\n8\r\n12345678\r\n")
        assert client.answer()[0] == 413
    assert stage.bodies == []


def test_others_are_answered_while_a_large_body_is_measured() -> None:
    measuring, other_was_answered = threading.Event(), threading.Event()

    def measure(body: bytes, limits: Limits) -> None:
        if len(body) > LARGE:
            measuring.set()
            assert other_was_answered.wait(300)

    with (
        Stage(Limits(), measure).serving() as stage,
        stage.connect() as slow,
        stage.connect() as other,
    ):
        slow.send(AUTHORIZED, body=b" " * (4 * 1024 * 1024))
        assert measuring.wait(300)
        assert other.status(AUTHORIZED, body=b"{}") == 200
        other_was_answered.set()
        assert slow.answer()[0] == 200
    assert [len(each) for each in stage.bodies] == [2, 4 * 1024 * 1024]


@pytest.mark.promise("X3.slow")
@pytest.mark.parametrize("sent", [b"", b"POST / HTTP/1.1\r\nHost: x\r\nX: y"])
def test_a_client_that_does_not_send_a_whole_head_is_disconnected(sent: bytes) -> None:
    with Stage(Limits(header_seconds=0.01)).serving() as stage, stage.connect() as client:
        client.wire.sendall(sent)
        assert client.is_closed()


@pytest.mark.promise("X3.slow")
def test_a_client_that_does_not_send_its_whole_body_is_disconnected() -> None:
    with Stage(Limits(body_seconds=0.01)).serving() as stage, stage.connect() as client:
        client.wire.sendall(f"POST / HTTP/1.1\r\nHost: {HOST}\r\n{AUTHORIZED}\r\n".encode())
        client.wire.sendall(b"Content-Length: 5\r\n\r\n{")
        assert client.is_closed()
    assert stage.bodies == []


@pytest.mark.promise("X3.slow")
def test_an_idle_connection_is_closed_after_its_answer() -> None:
    with Stage(Limits(idle_seconds=0)).serving() as stage, stage.connect() as client:
        assert client.status(AUTHORIZED, method="GET") == 200
        assert client.is_closed()


def test_half_a_head_after_an_answer_is_a_head_that_is_awaited() -> None:
    limits = Limits(header_seconds=1.0, idle_seconds=300)
    with Stage(limits).serving() as stage, stage.connect() as client:
        assert client.status(AUTHORIZED, method="GET") == 200
        client.wire.sendall(b"GET / HTTP/1.1\r\n")
        assert client.is_closed()


@pytest.mark.promise("X3.slow")
def test_strangers_make_room_for_new_connections_and_holders_of_the_token_do_not() -> None:
    with contextlib.ExitStack() as stack:
        stage = stack.enter_context(Stage(Limits(connections=2)).serving())
        holder, stranger, late, last = (
            stack.enter_context(each) for each in (stage.connect() for _ in range(4))
        )
        # Both have been closed for the two that came later.
        assert holder.is_closed()
        assert stranger.is_closed()
        for each in (late, last):
            assert each.status(AUTHORIZED, method="GET") == 200
        with stage.connect() as refused:
            assert refused.answer()[0] == 503
            assert refused.is_closed()
        assert late.status(AUTHORIZED, method="GET") == 200


def test_there_are_no_websockets() -> None:
    upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
    with Stage(Limits()).serving() as stage, stage.connect() as client:
        assert client.status(*upgrade, "Sec-WebSocket-Key: x", method="GET") == 401


@pytest.mark.promise("X3.token", "X4")
@pytest.mark.parametrize("found", [None, "", "\n", "kept-token\n"])
def test_the_file_of_a_token_is_written_whole_and_an_empty_one_replaced(
    tmp_path: Path, found: str | None
) -> None:
    path = tmp_path / "state" / "token"
    if found is not None:
        path.parent.mkdir()
        path.write_text(found)
    token = load_token(path)
    assert token == ("kept-token" if (found or "").strip() else path.read_text().strip())
    assert len(token) >= 10
    assert load_token(path) == token
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["token"]


def test_two_that_find_an_empty_file_agree_on_a_token(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.touch()
    tokens: list[str] = []
    threads = [threading.Thread(target=lambda: tokens.append(load_token(path))) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(tokens) == 8
    assert set(tokens) == {path.read_text().strip()}


def test_a_token_without_authorization_is_not_shown() -> None:
    assert not shows([(b"x-token", TOKEN.encode())], TOKEN)
