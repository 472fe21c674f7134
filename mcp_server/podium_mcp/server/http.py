"""Serves over streamable HTTP, behind the guard of `podium_http`.

Any local program can connect to the port, so every request must carry a token that only the
user's own programs can read. TLS is left to a proxy in front of the server.
"""

import ipaddress
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from mcp.server.transport_security import TransportSecuritySettings

from podium_http.asgi import App, Receive, Scope, Send
from podium_http.guard import Guard
from podium_http.limits import LIMITS, RATE_LIMIT, Limits, RateLimit
from podium_http.serving import serve
from podium_http.tokens import load_token, token_file
from podium_mcp.context.project import Project
from podium_mcp.server.server import PodiumServer, build_server
from podium_mcp.tools.tool import Tier

__all__ = [
    "LARGEST_BODY",
    "RATE_LIMIT",
    "App",
    "Guard",
    "Limits",
    "RateLimit",
    "Receive",
    "Scope",
    "Send",
    "http_app",
    "is_loopback",
    "load_token",
    "serve_http",
]

LARGEST_BODY = LIMITS.body_bytes
PATH = "/mcp"
WRONG_USE = 2


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
    kept = token_file("mcp")
    server = build_server(Project(Path(folder), shared=True), Tier(tier))
    names = [each for each in hosts.split(",") if each]
    app = http_app(server, host, number, load_token(kept), names)
    shown = f"[{host}]" if ":" in host else host
    sys.stderr.write(f"http://{shown}:{number}{PATH}, token in {kept}\n")
    sys.stderr.flush()
    serve(app, listener)
    return 0


def http_app(
    server: PodiumServer,
    host: str,
    port: int,
    token: str,
    names: Sequence[str] = (),
    rate_limit: RateLimit = RATE_LIMIT,
) -> App:
    """Return the application: the SDK's transport behind the guard."""
    own = {host, "127.0.0.1", "localhost", "[::1]"} if is_loopback(host) else {host}
    direct = [f"{name}:{port}" for name in sorted(own)]
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        # The guard checks both headers.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        max_request_body_size=LARGEST_BODY,
        host=host,
    )
    return Guard(
        app,
        token,
        Limits(rate_limit=rate_limit),
        hosts=[*direct, *names],
        # An additional name belongs to a proxy that terminates TLS.
        origins=[*(f"http://{each}" for each in direct), *(f"https://{n}" for n in names)],
    )


def is_loopback(host: str) -> bool:
    """Return whether an address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
