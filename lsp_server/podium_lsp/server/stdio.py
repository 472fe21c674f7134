"""Serves over standard input and output.

Messages are read and written in separate threads, so a slow client never blocks the server. Only
protocol messages reach standard output: child processes cannot write to it.
"""

import asyncio
import gc
import json
import logging
import os
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO

from podium.platform.stdio import reserve_stdio
from podium_lsp.server.parent_process import is_alive
from podium_lsp.session.log import open_log, write_crash

if TYPE_CHECKING:
    from podium_lsp.server.server import PodiumServer

_LOG = logging.getLogger("podium_lsp.server.stdio")
MAX_HEADER = 8 * 1024
MAX_BODY = 256 * 1024 * 1024
_LAST_WORDS_SECONDS = 2.0
_WATCH_SECONDS = 2.0


def serve(level: str) -> int:
    """Serve the editor that started this process, and return the exit code."""
    source, sink = reserve_stdio()
    open_log(level)
    # Imports create hundreds of thousands of permanent objects; collecting garbage in the meantime
    # would take a fifth of the startup time.
    gc.disable()
    from podium_lsp.server.server import build_server

    server = build_server()
    gc.freeze()
    gc.enable()
    return asyncio.run(_serve(server, source, sink))


async def _serve(server: "PodiumServer", source: BinaryIO, sink: BinaryIO) -> int:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()

    def end(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    def end_soon(code: int) -> None:
        loop.call_soon_threadsafe(end, code)

    def take(message: Any) -> None:
        loop.call_soon_threadsafe(_handle, server, message)

    writer = Writer(sink, lambda: end_soon(1))
    server.begin(end)
    server.protocol.set_writer(writer)
    reading = threading.Thread(
        target=_read, args=(source, take, lambda: end_soon(1)), daemon=True, name="reader"
    )
    reading.start()
    watching = asyncio.create_task(_watch_parent(server, end))
    code = await ended
    watching.cancel()
    await server.finish()
    writer.drain(_LAST_WORDS_SECONDS)
    return code


def _handle(server: "PodiumServer", message: Any) -> None:
    try:
        server.protocol.handle_message(message)
    except Exception as error:  # noqa: BLE001 - a failed message must not stop the server
        write_crash(error, "a message")


async def _watch_parent(server: "PodiumServer", end: Callable[[int], None]) -> None:
    """End the process if the editor has exited: some editors leave the server's pipes open."""
    parent = os.getppid()
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        editor = server.watched_editor
        if os.getppid() != parent or (editor is not None and not is_alive(editor)):
            _LOG.warning("the editor has exited")
            end(1)


class Writer:
    """Writes messages in order, in a separate thread.

    Args:
        sink: the stream to write to.
        on_broken: called once if the other end closes the stream.
    """

    def __init__(self, sink: BinaryIO, on_broken: Callable[[], None]) -> None:
        self._sink = sink
        self._on_broken = on_broken
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, daemon=True, name="writer")
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Queue a message."""
        self._waiting.put(data)

    def close(self) -> None:
        """Stop after the queued messages are written."""
        self._waiting.put(None)

    def drain(self, seconds: float) -> None:
        """Close, and wait until everything is written or the time limit is reached."""
        self.close()
        self._thread.join(seconds)

    def _write(self) -> None:
        while (data := self._waiting.get()) is not None:
            try:
                self._sink.write(data)
                if self._waiting.empty():
                    self._sink.flush()
            except (OSError, ValueError):
                self._on_broken()
                return
        try:
            self._sink.flush()
        except (OSError, ValueError):
            return


def _read(source: BinaryIO, take: Callable[[Any], None], ended: Callable[[], None]) -> None:
    try:
        while (body := read_message(source)) is not None:
            try:
                take(json.loads(body))
            except (ValueError, RecursionError):
                _LOG.warning("a message of %d bytes is not JSON", len(body))
        ended()
    except RuntimeError:
        return  # the event loop is already closed


def read_message(source: BinaryIO) -> bytes | None:
    """Return the body of the next message, or None at the end of the stream.

    Header names are case-insensitive and can come in any order; other lines are skipped.
    """
    length = 0
    while line := source.readline(MAX_HEADER):
        name, colon, value = line.strip().partition(b":")
        if colon and name.lower() == b"content-length" and value.strip().isdigit():
            length = int(value)
        elif not name and length > MAX_BODY:
            return None
        elif not name and length:
            body = source.read(length)
            return body if len(body) == length else None
    return None
