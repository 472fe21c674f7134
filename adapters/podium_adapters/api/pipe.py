"""The connection of the model's process to Podium: JSON lines in both directions."""

import asyncio
import json
import os
import sys
import threading
from typing import Any, BinaryIO


class Pipe:
    """Sends messages to Podium and waits for the answers.

    Args:
        source: what Podium writes.
        sink: where messages to Podium go.
    """

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._sink = sink
        self._lines: asyncio.Queue[bytes] = asyncio.Queue()
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._asked = 0
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read_lines, args=(source,), daemon=True).start()

    @classmethod
    def open(cls) -> "Pipe":
        """Take over standard input and output; what libraries print goes to the error output."""
        sink = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        return cls(sys.stdin.buffer, sink)

    async def read(self) -> dict[str, Any]:
        """Return the next message from Podium; an empty one at the end."""
        line = await self._lines.get()
        found: dict[str, Any] = json.loads(line) if line else {}
        return found

    def _read_lines(self, source: BinaryIO) -> None:
        """Read in a thread, because the event loop cannot watch every kind of input."""
        line = b"more"
        while line:
            line = source.readline()
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)

    def send(self, message: str, /, **fields: Any) -> None:
        """Send a message that needs no answer."""
        self._write({"type": message, **fields})

    async def ask(self, request: str, /, **fields: Any) -> dict[str, Any]:
        """Send a message and return the answer."""
        self._asked += 1
        name = str(self._asked)
        waiting: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[name] = waiting
        self._write({"type": request, "id": name, **fields})
        return await waiting

    async def deliver_answers(self) -> None:
        """Deliver answers until Podium closes the connection."""
        while message := await self.read():
            waiting = self._waiting.pop(str(message.get("id")), None)
            if waiting is not None and not waiting.done():
                waiting.set_result(message)

    def _write(self, message: dict[str, Any]) -> None:
        self._sink.write(json.dumps(message, default=str).encode() + b"\n")
        self._sink.flush()
