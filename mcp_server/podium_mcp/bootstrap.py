"""Answers a host's opening requests while the server is still loading.

Some hosts prompt their model before a server of this size has started, and then work without its
tools. The lists never change, so they are answered from a snapshot that a test compares with the
server's answers; all other requests are queued, in order, for the server. Import only lightweight
modules of the standard library here.
"""

import json
import os
import queue
import threading
from typing import Any, BinaryIO, cast

from podium.platform.stdio import reserve_stdio

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
CLIENT_KEY = "io.modelcontextprotocol/clientInfo"
MODERN_VERSION = "2026-07-28"
HANDSHAKE_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
LATEST_HANDSHAKE_VERSION = HANDSHAKE_VERSIONS[-1]

LONGEST_LINE = 32 * 1024 * 1024
SNAPSHOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "snapshot.json")
_HEAD_START_SECONDS = 0.1
"""How long to wait for the first request before loading the server anyway."""

Message = dict[str, Any]


class Bootstrap:
    """Reads the host's lines, answers opening requests and queues the rest.

    Args:
        tier: the name of the set of tools to offer.
        source: the stream of lines from the host.
        sink: the stream of answers to the host.
    """

    def __init__(self, tier: str, source: BinaryIO, sink: BinaryIO) -> None:
        with open(SNAPSHOT, encoding="utf-8") as file:
            self._snapshot: dict[str, Any] = json.load(file)
        self._shown = frozenset(self._snapshot["tiers"][tier])
        self._source = source
        self._sink = sink
        self._writing = threading.Lock()
        self._server_is_up = False
        self._answered: set[tuple[str, Any]] = set()
        self.lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        """Lines for the server, in order; None marks the end."""
        self.first_line_handled = threading.Event()
        """Set once the first line has been answered or queued."""

    def read(self) -> None:
        """Read until the host closes the stream; runs in its own thread."""
        while line := self._source.readline(LONGEST_LINE):
            if not line.endswith(b"\n") and len(line) == LONGEST_LINE:
                line = self._skip_rest()
            if line.strip() and not (not self._server_is_up and self._answer(line)):
                self.lines.put(line)
            self.first_line_handled.set()
        self.lines.put(None)
        self.first_line_handled.set()

    def hand_over(self) -> None:
        """Leave all further requests to the server."""
        self._server_is_up = True

    def write(self, line: bytes) -> None:
        """Send one line to the host.

        Raises:
            OSError: the host is gone.
        """
        with self._writing:
            self._sink.write(line + b"\n")
            self._sink.flush()

    def was_answered(self, message: Message) -> bool:
        """Return whether the snapshot already answered the request that this response is for."""
        key = (type(message.get("id")).__name__, message.get("id"))
        if "method" in message or key not in self._answered:
            return False
        self._answered.remove(key)
        return True

    def _answer(self, line: bytes) -> bool:
        """Answer an opening request from the snapshot; return whether the line was handled."""
        try:
            message = _object(json.loads(line))
        except (ValueError, RecursionError):
            return False
        result = self._result(message) if message is not None else None
        if message is None or result is None:
            return False
        self.write(_compact({"jsonrpc": "2.0", "id": message["id"], "result": result}))
        if message["method"] != "initialize":
            return True
        # The server needs this request to learn about the host; its own answer is discarded.
        self._answered.add((type(message["id"]).__name__, message["id"]))
        return False

    def _result(self, message: Message) -> Any:
        params = _object(message.get("params", {}))
        if not _is_request(message) or params is None or "cursor" in params:
            return None
        method = message["method"]
        era = _era(method, params)
        known = self._snapshot.get(era, {}).get(method)
        if known is None:
            return None
        if method == "initialize":
            wanted = params["protocolVersion"]
            version = wanted if wanted in HANDSHAKE_VERSIONS else LATEST_HANDSHAKE_VERSION
            return {**known, "protocolVersion": version}
        if method == "tools/list":
            tools = [tool for tool in known["tools"] if tool["name"] in self._shown]
            return {**known, "tools": tools}
        return known

    def _skip_rest(self) -> bytes:
        """Skip the rest of an oversized line; the server rejects the replacement returned here."""
        while (rest := self._source.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
            pass
        return b"a line that is too long\n"


def start_bootstrap(tier: str) -> Bootstrap:
    """Start reading from the host and answering its opening requests.

    Returns once the first request is answered, so that loading the server does not delay it.

    Args:
        tier: the name of the set of tools to offer.
    """
    source, sink = reserve_stdio()
    bootstrap = Bootstrap(tier, source, sink)
    threading.Thread(target=bootstrap.read, daemon=True, name="bootstrap").start()
    bootstrap.first_line_handled.wait(_HEAD_START_SECONDS)
    return bootstrap


def _is_request(message: Message) -> bool:
    request_id = message.get("id")
    named = isinstance(request_id, str) or (
        isinstance(request_id, int) and not isinstance(request_id, bool)
    )
    return named and message.get("jsonrpc") == "2.0" and isinstance(message.get("method"), str)


def _era(method: str, params: Message) -> str:
    """Return the section of the snapshot that answers a request, or "" if it is malformed."""
    meta = _object(params.get("_meta", {}))
    if meta is None:
        return ""
    if method == "initialize":
        well_formed = (
            isinstance(params.get("protocolVersion"), str)
            and isinstance(params.get("capabilities"), dict)
            and _is_client(params.get("clientInfo"))
            and VERSION_KEY not in meta
        )
        return "legacy" if well_formed else ""
    if VERSION_KEY not in meta:
        return "legacy"
    well_formed = (
        meta[VERSION_KEY] == MODERN_VERSION
        and isinstance(meta.get(CAPABILITIES_KEY), dict)
        and (CLIENT_KEY not in meta or _is_client(meta[CLIENT_KEY]))
    )
    return "modern" if well_formed else ""


def _is_client(info: Any) -> bool:
    found = _object(info)
    return found is not None and all(
        isinstance(found.get(name), str) for name in ("name", "version")
    )


def _object(value: Any) -> Message | None:
    return cast("Message", value) if isinstance(value, dict) else None


def _compact(message: Message) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
