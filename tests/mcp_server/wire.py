"""A server process as its host sees it: lines in, lines out."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PODIUM = Path(sys.executable).with_name("podium")
TIMEOUT = 60.0

META: dict[str, Any] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
OPENING: dict[str, Any] = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}

Message = dict[str, Any]


class ServerProcess:
    """`podium mcp` over pipes; a context manager.

    Args:
        folder: where it is started.
        options: what follows `podium mcp`.
        command: another program than ours, up to the options.
    """

    def __init__(self, folder: Path, *options: str, command: Sequence[str] = ()) -> None:
        self._process = subprocess.Popen(
            [*(command or (str(PODIUM), "mcp")), *options],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self._last = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    @property
    def pid(self) -> int:
        """Return the process's id."""
        return self._process.pid

    def write(self, content: bytes) -> None:
        """Write bytes as they are."""
        assert self._process.stdin is not None
        self._process.stdin.write(content)
        self._process.stdin.flush()

    def send(self, *messages: Message) -> None:
        """Write messages in one piece."""
        self.write(b"".join(json.dumps(each).encode() + b"\n" for each in messages))

    def receive(self) -> Message:
        """Return the next message of the server."""
        line = self._lines.get(timeout=TIMEOUT)
        assert line, "the server has ended"
        found: Message = json.loads(line)
        return found

    def receive_answers(self, names: Iterable[Any]) -> dict[Any, Message]:
        """Return the answers to these requests, by id; each must come once."""
        wanted: set[Any] = set(names)
        answers: dict[Any, Message] = {}
        while wanted:
            message = self.receive()
            if "method" not in message:
                assert message["id"] in wanted, f"answered twice, or never asked: {message}"
                wanted.remove(message["id"])
                answers[message["id"]] = message
        return answers

    def ask(self, method: str, params: Message) -> Message:
        """Send one request and return its answer."""
        self._last += 1
        name = f"ask-{self._last}"
        self.send({"jsonrpc": "2.0", "id": name, "method": method, "params": params})
        return self.receive_answers([name])[name]

    def call(self, tool: str, **arguments: Any) -> Message:
        """Call a tool in the 2026 protocol and return the facts of its result."""
        answer = self.ask("tools/call", {"name": tool, "arguments": arguments, "_meta": META})
        result: Message = answer["result"]
        assert not result.get("isError"), result
        found: Message = result["structuredContent"]
        return found

    def end(self) -> tuple[int, list[Message]]:
        """Close the server's input; return its exit code and what it still had to say."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        code = self._process.wait(timeout=TIMEOUT)
        rest: list[Message] = []
        while line := self._lines.get(timeout=TIMEOUT):
            rest.append(json.loads(line))
        return code, rest

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(b"")
