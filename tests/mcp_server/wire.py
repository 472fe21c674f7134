"""A server process as its host sees it: lines in, lines out."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio
import anyio.to_thread
import mcp_types as wire
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage

from tests.support.warm import WarmProcess

PODIUM = Path(sys.executable).with_name("podium")
TIMEOUT = 300.0

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
        command: another program than ours, up to the options; always started afresh.
        fresh: start the installed command, for tests of how a server starts, instead of forking a
            process that has loaded the server.
    """

    def __init__(
        self, folder: Path, *options: str, command: Sequence[str] = (), fresh: bool = False
    ) -> None:
        if fresh:
            command = (str(PODIUM), "mcp")
        source, to_server = os.pipe()
        from_server, sink = os.pipe()
        self._process = _started(folder, options, (source, sink), command)
        self._input = os.fdopen(to_server, "wb")
        self._output = os.fdopen(from_server, "rb")
        for each in (source, sink):
            os.close(each)
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
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
        self._reader.join()
        for stream in (self._input, self._output):
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    @property
    def pid(self) -> int:
        """Return the process's id."""
        return self._process.pid

    def write(self, content: bytes) -> None:
        """Write bytes as they are."""
        self._input.write(content)
        self._input.flush()

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
        self._input.close()
        code = self._process.wait(timeout=TIMEOUT)
        rest: list[Message] = []
        while line := self._lines.get(timeout=TIMEOUT):
            rest.append(json.loads(line))
        return code, rest

    def _read(self) -> None:
        for line in self._output:
            self._lines.put(line)
        self._lines.put(b"")


def _started(
    folder: Path, options: Sequence[str], streams: tuple[int, int], command: Sequence[str]
) -> subprocess.Popen[bytes] | WarmProcess:
    if command:
        source, sink = streams
        return subprocess.Popen(
            [*command, *options], cwd=folder, stdin=source, stdout=sink, stderr=subprocess.DEVNULL
        )
    with open(os.devnull, "wb") as log:
        return WarmProcess(options, folder, [*streams, log.fileno()])


Incoming = SessionMessage | Exception
Streams = tuple[MemoryObjectReceiveStream[Incoming], MemoryObjectSendStream[SessionMessage]]


@asynccontextmanager
async def over_pipes(folder: Path, *options: str) -> AsyncGenerator[Streams]:
    """Start `podium mcp` and connect to it over pipes, as the SDK's client takes a transport."""
    source, to_server = os.pipe()
    from_server, sink = os.pipe()
    process = _started(folder, options, (source, sink), ())
    for each in (source, sink):
        os.close(each)
    to_client, incoming = anyio.create_memory_object_stream[Incoming](0)
    outgoing, from_client = anyio.create_memory_object_stream[SessionMessage](0)
    async with anyio.create_task_group() as group:
        group.start_soon(_receive, from_server, to_client)
        group.start_soon(_send, from_client, to_server)
        async with outgoing, incoming:
            yield incoming, outgoing
    process.wait()


async def _receive(pipe: int, to_client: MemoryObjectSendStream[Incoming]) -> None:
    with os.fdopen(pipe, "rb") as lines:
        async with to_client:
            while line := await anyio.to_thread.run_sync(lines.readline):
                message = wire.jsonrpc_message_adapter.validate_json(line, by_name=False)
                # What comes after the client has gone is for nobody.
                with contextlib.suppress(anyio.BrokenResourceError):
                    await to_client.send(SessionMessage(message))


async def _send(from_client: MemoryObjectReceiveStream[SessionMessage], pipe: int) -> None:
    with os.fdopen(pipe, "wb") as lines:
        async with from_client:
            async for each in from_client:
                document = each.message.model_dump_json(by_alias=True, exclude_unset=True)
                lines.write(document.encode() + b"\n")
                lines.flush()
