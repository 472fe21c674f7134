"""Serves over streamable HTTP, with a token, a host name list and a rate limit.

Any local program can connect to the port, so every request must carry a token that only the
user's own programs can read. TLS is left to a proxy in front of the server.
"""

import hmac
import ipaddress
import os
import secrets
import socket
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs
import uvicorn
from mcp.server.transport_security import TransportSecuritySettings

from podium_mcp.context.project import Project
from podium_mcp.server.server import PodiumServer, build_server
from podium_mcp.tools.tool import Tier

LARGEST_BODY = 4 * 1024 * 1024
PATH = "/mcp"
WRONG_USE = 2

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Pace:
    """The rate limit of one client.

    Args:
        per_second: sustained requests per second.
        burst: maximum number of requests at once.
    """

    per_second: float = 50.0
    burst: float = 200.0


PACE = Pace()


def serve_http(address: str, tier: str, folder: str, *, reachable: bool, hosts: str = "") -> int:
    """Serve until the process is stopped; return the exit code.

    Args:
        address: `HOST:PORT`; port 0 chooses a free one.
        tier: the name of the set of tools to offer.
        folder: the project's folder or one inside it.
        reachable: allow an address that other machines can reach.
        hosts: further host names to accept, separated by commas.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdigit() or int(port) > 65535:
        sys.stderr.write(f"podium mcp: {address!r} is not HOST:PORT\n")
        return WRONG_USE
    if not reachable and not is_loopback(host):
        sys.stderr.write(
            f"podium mcp: {host} can be reached from other machines, and this server has no TLS. "
            "Listen on 127.0.0.1 behind a TLS proxy, or pass --i-know\n"
        )
        return WRONG_USE
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, int(port)), family=family)
    except OSError as error:
        sys.stderr.write(f"podium mcp: cannot listen on {address}: {error.strerror}\n")
        return 5
    number = listener.getsockname()[1]
    token_file = state_folder() / "mcp-token"
    server = build_server(Project(Path(folder), shared=True), Tier(tier))
    names = [each for each in hosts.split(",") if each]
    app = http_app(server, host, number, load_token(token_file), names)
    shown = f"[{host}]" if ":" in host else host
    sys.stderr.write(f"http://{shown}:{number}{PATH}, token in {token_file}\n")
    sys.stderr.flush()
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, timeout_keep_alive=30
    )
    uvicorn.Server(config).run(sockets=[listener])
    return 0


def http_app(
    server: PodiumServer,
    host: str,
    port: int,
    token: str,
    names: Sequence[str] = (),
    pace: Pace = PACE,
) -> App:
    """Return the application: the SDK's transport behind the guard."""
    own = {host, "127.0.0.1", "localhost", "[::1]"} if is_loopback(host) else {host}
    direct = [f"{name}:{port}" for name in sorted(own)]
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[*direct, *names],
        # An additional name belongs to a proxy that terminates TLS.
        allowed_origins=[*(f"http://{each}" for each in direct), *(f"https://{n}" for n in names)],
    )
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        transport_security=security,
        max_request_body_size=LARGEST_BODY,
        host=host,
    )
    return Guard(app, token, pace)


def is_loopback(host: str) -> bool:
    """Return whether an address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def state_folder() -> Path:
    """Return the user's state folder, which holds the token."""
    return platformdirs.user_state_path("podium")


def load_token(path: Path) -> str:
    """Read the token from a file that only the user can read; create it if missing.

    Raises:
        OSError: the file cannot be created or read.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
    except FileExistsError:
        path.chmod(0o600)
    return path.read_text(encoding="ascii").strip()


@dataclass
class _Allowance:
    left: float
    seen_at: float = field(default_factory=time.monotonic)


class Guard:
    """Passes a request on if it carries the token and is within the rate limit.

    Args:
        app: the guarded application.
        token: the required bearer token.
        pace: the rate limit of one client.
    """

    def __init__(self, app: App, token: str, pace: Pace) -> None:
        self._app = app
        self._wanted = f"Bearer {token}".encode()
        self._pace = pace
        self._allowances: dict[str, _Allowance] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif not self._may_ask(str((scope.get("client") or ("",))[0])):
            await _refuse(send, 429, [(b"retry-after", b"1")])
        elif not self._is_shown(scope["headers"]):
            await _refuse(send, 401, [(b"www-authenticate", b"Bearer")])
        else:
            await self._app(scope, receive, send)

    def _is_shown(self, headers: list[tuple[bytes, bytes]]) -> bool:
        shown = [value for name, value in headers if name == b"authorization"]
        return len(shown) == 1 and hmac.compare_digest(shown[0], self._wanted)

    def _may_ask(self, client: str) -> bool:
        now = time.monotonic()
        if len(self._allowances) > 10_000:
            self._allowances.clear()
        mine = self._allowances.setdefault(client, _Allowance(self._pace.burst, now))
        gained = (now - mine.seen_at) * self._pace.per_second
        mine.left = min(self._pace.burst, mine.left + gained)
        mine.seen_at = now
        if mine.left < 1:
            return False
        mine.left -= 1
        return True


async def _refuse(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    length = (b"content-length", b"0")
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": b""})
