"""The directory of one agent call: its files, and who may end the call.

    request.json   the request, written before anything starts
    lock           held by the shim and inherited by its child processes: locked means alive
    tries.json     the number of shims that were started; written before each start
    start.json     the current or latest shim; missing while a new one is starting
    out.jsonl      the agent's events, one per line; `final` is the last one of a finished agent
    out.jsonl.gz   the compressed events of a finished call
    result.json    the outcome; written once
    cancel         a request to cancel the call
    scratch/       the agent's private HOME and TMPDIR

The layout is the same for every agent.

Only the result waits for the disk: without it, a finished call would be made again. No process
survives a power loss, so what tells about processes (`tries.json`, `start.json`) is meaningless
afterwards, and who submits the call again writes the same request.
"""

import contextlib
import gzip
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from podium.model.agents import AgentEvent, AgentReply, AgentRequest, Final
from podium.model.base import Frozen
from podium.platform.atomic_write import replace_file
from podium.platform.file_lock import lock
from podium.platform.filesystem import LocalFileSystem
from podium.platform.processes import ProcessMark, is_alive
from podium.ports.dispatcher import CallState
from podium.ports.filesystem import PRIVATE_FILE

_M = TypeVar("_M", bound=Frozen)

_EVENT: TypeAdapter[AgentEvent] = TypeAdapter(AgentEvent)
_TAIL_BYTES = 4 * 1024 * 1024
_RECENT_BYTES = 16 * 1024
_COMPRESS_ABOVE_BYTES = 64 * 1024
"""Events of a finished call are compressed above this size."""


class ShimStart(Frozen):
    """The shim that runs the call, and its start time in seconds since the epoch."""

    shim: ProcessMark
    started_at: float


class Tries(Frozen):
    """The number of shims started for a call, and the time of the first start."""

    times: int
    first_at: float


class CallResult(Frozen):
    """The content of `result.json`."""

    reply: AgentReply
    started_at: float
    ended_at: float


@dataclass(frozen=True)
class CallDirectory:
    """The directory of one call.

    Args:
        path: the directory; it need not exist yet.
    """

    path: Path

    @property
    def output(self) -> Path:
        """The path of the event file."""
        return self.path / "out.jsonl"

    @property
    def scratch(self) -> Path:
        """The path of the agent's private directory."""
        return self.path / "scratch"

    @property
    def lock_path(self) -> Path:
        """The path of the lock file; locked means alive."""
        return self.path / "lock"

    def prepare(self, request: AgentRequest) -> None:
        """Create the directory and write the request, unless it is there as a whole."""
        LocalFileSystem().makedirs(str(self.path))
        if _read_volatile(self.path / "request.json", AgentRequest) is None:
            _write(self.path / "request.json", request.model_dump_json(), durable=False)

    def request(self) -> AgentRequest:
        """Read the request."""
        return AgentRequest.model_validate_json((self.path / "request.json").read_bytes())

    def result(self) -> CallResult | None:
        """Return the outcome, or None if the call has not finished."""
        try:
            return CallResult.model_validate_json((self.path / "result.json").read_bytes())
        except FileNotFoundError:
            return None

    def finish(self, result: CallResult) -> None:
        """Write the outcome unless there is one already. The caller must hold the lock."""
        if self.result() is None:
            _write(self.path / "result.json", result.model_dump_json())
        shutil.rmtree(self.scratch, ignore_errors=True)

    def start(self) -> ShimStart | None:
        """Return the current or latest shim, or None."""
        return _read_volatile(self.path / "start.json", ShimStart)

    def record_start(self, start: ShimStart) -> None:
        """Write the shim that runs the call."""
        _write(self.path / "start.json", start.model_dump_json(), durable=False)

    def tries(self) -> Tries | None:
        """Return the number of started shims, or None if there was none."""
        return _read_volatile(self.path / "tries.json", Tries)

    def count_try(self) -> None:
        """Record that a shim is about to start. The caller must hold the lock.

        The record of the previous shim is removed; otherwise a shim that is still starting would be
        mistaken for a dead one.
        """
        former = self.tries()
        tries = Tries(
            times=former.times + 1 if former else 1,
            first_at=former.first_at if former else now_seconds(),
        )
        _write(self.path / "tries.json", tries.model_dump_json(), durable=False)
        (self.path / "start.json").unlink(missing_ok=True)

    def request_cancel(self, why: str) -> None:
        """Request cancellation; a shim that starts later honours it too."""
        LocalFileSystem().makedirs(str(self.path))
        _write(self.path / "cancel", why)

    def cancel_reason(self) -> str | None:
        """Return the reason for a requested cancellation, or None."""
        try:
            return (self.path / "cancel").read_text()
        except FileNotFoundError:
            return None

    def try_lock(self) -> int | None:
        """Take the lock and return its inheritable descriptor, or None if it is held elsewhere."""
        fd = os.open(self.lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if lock(fd, block=False):
            return fd
        os.close(fd)
        return None

    def state(self) -> CallState:
        """Return the current state of the call."""
        if self.result() is not None:
            return CallState.FINISHED
        if not self.lock_path.exists():
            return CallState.UNKNOWN
        fd = self.try_lock()
        if fd is None:
            return CallState.RUNNING
        os.close(fd)
        if self.result() is not None:
            return CallState.FINISHED
        return CallState.LOST if self.tries() else CallState.UNKNOWN

    def shim_is_alive(self) -> bool:
        """Return whether the latest shim is still running."""
        start = self.start()
        return start is not None and is_alive(start.shim)

    def final_reply(self) -> AgentReply | None:
        """Return the reply from the agent's `final` event, or None if there is none."""
        for event in reversed(list(self.events(self._tail_offset()))):
            if isinstance(event, Final):
                return event.reply
        return None

    def events(self, offset: int = 0) -> Iterator[AgentEvent]:
        """Yield the events from a byte offset; other lines are skipped."""
        try:
            with self._open_output() as file:
                file.seek(offset)
                for line in file:
                    if line.endswith(b"\n") and (event := parse_event(line)) is not None:
                        yield event
        except FileNotFoundError:
            return

    def _open_output(self) -> BinaryIO:
        try:
            return self.output.open("rb")
        except FileNotFoundError:
            return cast("BinaryIO", gzip.open(self._packed_output, "rb"))

    @property
    def _packed_output(self) -> Path:
        return self.path / "out.jsonl.gz"

    def is_compressible(self) -> bool:
        """Return whether the call has finished and its large event file is uncompressed."""
        try:
            size = self.output.stat().st_size
        except FileNotFoundError:
            return False
        return size > _COMPRESS_ABOVE_BYTES and self.state() is CallState.FINISHED

    def compress_output(self) -> None:
        """Compress the events of a finished call; readers notice no difference.

        After a crash in between, the uncompressed file still exists and takes precedence.
        """
        packed = gzip.compress(self.output.read_bytes(), mtime=0)
        replace_file(self._packed_output, packed, mode=PRIVATE_FILE, durable=True)
        self.output.unlink()

    def recent_events(self) -> tuple[AgentEvent, ...]:
        """Return the last few events, enough to show the agent's current activity."""
        try:
            size = self.output.stat().st_size
        except FileNotFoundError:
            return ()
        return tuple(self.events(max(0, size - _RECENT_BYTES)))

    def archive_output(self, times: int) -> None:
        """Rename the output of a lost call, so that the next one starts with an empty file."""
        with contextlib.suppress(FileNotFoundError):
            self.output.rename(self.path / f"out.lost-{times}.jsonl")

    def _tail_offset(self) -> int:
        try:
            return max(0, self.output.stat().st_size - _TAIL_BYTES)
        except FileNotFoundError:
            return 0


def parse_event(line: bytes) -> AgentEvent | None:
    """Return the event on an output line, or None if it is not an event."""
    try:
        return _EVENT.validate_json(line)
    except ValidationError:
        return None


def _write(path: Path, text: str, *, durable: bool = True) -> None:
    replace_file(path, text.encode("utf-8"), mode=PRIVATE_FILE, durable=durable)


def _read_volatile(path: Path, kind: type[_M]) -> _M | None:
    """Read a file that a power loss may have left empty, which is as good as none."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


class FileSink:
    """Appends events to the output file; each line is one write.

    Args:
        output: the call's output file.
    """

    def __init__(self, output: Path) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._fd = os.open(output, flags, 0o600)

    def emit(self, event: AgentEvent) -> None:
        """Append one event."""
        line = json.dumps(event.model_dump(mode="json"), ensure_ascii=False) + "\n"
        os.write(self._fd, line.encode("utf-8", "replace"))

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


def now_seconds() -> float:
    """Return seconds since the epoch, comparable between processes of one machine."""
    return time.time()
