"""The folder of one agent call: what is in it and who may say that the call is over.

    request.json   the request, written before anything starts
    lock           held by the shim and inherited by everything it starts: locked means alive
    tries.json     how many shims were started for it; written before each
    start.json     the shim that runs it, or ran it last; none while one is only just starting
    out.jsonl      the agent's events, one a line; the last is `final` when the agent has ended
    out.jsonl.gz   the same of a call that is over, when it is long
    result.json    the outcome, once and for ever
    cancel         the call is to end
    scratch/       the agent's private HOME and TMPDIR

Must not know which agent it is.
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
from typing import BinaryIO, cast

from pydantic import TypeAdapter, ValidationError

from podium.model.agents import AgentEvent, AgentReply, AgentRequest, Final
from podium.model.base import Frozen
from podium.platform.atomic_write import replace_file
from podium.platform.file_lock import lock
from podium.platform.filesystem import LocalFileSystem
from podium.platform.processes import ProcessMark, is_alive
from podium.ports.dispatcher import CallState
from podium.ports.filesystem import PRIVATE_FILE

_EVENT: TypeAdapter[AgentEvent] = TypeAdapter(AgentEvent)
_TAIL_BYTES = 4 * 1024 * 1024
_RECENT_BYTES = 16 * 1024
_LONG_BYTES = 64 * 1024
"""Events of a call that is over are compressed above this size."""


class ShimStart(Frozen):
    """Which shim carries the call out, and since when (seconds since the epoch)."""

    shim: ProcessMark
    started_at: float


class Tries(Frozen):
    """How many shims were started for a call, and when the first one was."""

    times: int
    first_at: float


class CallResult(Frozen):
    """What `result.json` holds."""

    reply: AgentReply
    started_at: float
    ended_at: float


@dataclass(frozen=True)
class CallDirectory:
    """One call's folder.

    Args:
        path: the folder; need not exist yet.
    """

    path: Path

    @property
    def output(self) -> Path:
        """Return the file of events."""
        return self.path / "out.jsonl"

    @property
    def scratch(self) -> Path:
        """Return the agent's private folder."""
        return self.path / "scratch"

    @property
    def lock_path(self) -> Path:
        """Return the file whose lock means alive."""
        return self.path / "lock"

    def prepare(self, request: AgentRequest) -> None:
        """Make the folder and write the request, unless it is there already."""
        LocalFileSystem().makedirs(str(self.path))
        if not (self.path / "request.json").exists():
            _write(self.path / "request.json", request.model_dump_json())

    def request(self) -> AgentRequest:
        """Return the request."""
        return AgentRequest.model_validate_json((self.path / "request.json").read_bytes())

    def result(self) -> CallResult | None:
        """Return the outcome, or None while there is none."""
        try:
            return CallResult.model_validate_json((self.path / "result.json").read_bytes())
        except FileNotFoundError:
            return None

    def finish(self, result: CallResult) -> None:
        """Write the outcome; the first one stands for ever. Only the holder of the lock may."""
        if self.result() is None:
            _write(self.path / "result.json", result.model_dump_json())
        shutil.rmtree(self.scratch, ignore_errors=True)

    def start(self) -> ShimStart | None:
        """Return who runs it, or ran it last."""
        try:
            return ShimStart.model_validate_json((self.path / "start.json").read_bytes())
        except FileNotFoundError:
            return None

    def record_start(self, start: ShimStart) -> None:
        """Write who runs it."""
        _write(self.path / "start.json", start.model_dump_json())

    def tries(self) -> Tries | None:
        """Return how many shims were started, or None when none was."""
        try:
            return Tries.model_validate_json((self.path / "tries.json").read_bytes())
        except FileNotFoundError:
            return None

    def count_try(self) -> None:
        """Note that a shim is about to be started. Only the holder of the lock may.

        The former shim's mark goes away, so that a shim that is only just starting is never
        mistaken for one that died.
        """
        former = self.tries()
        tries = Tries(
            times=former.times + 1 if former else 1,
            first_at=former.first_at if former else now_seconds(),
        )
        _write(self.path / "tries.json", tries.model_dump_json())
        (self.path / "start.json").unlink(missing_ok=True)

    def ask_cancel(self, why: str) -> None:
        """Leave the wish that the call end, also for a shim that starts later."""
        LocalFileSystem().makedirs(str(self.path))
        _write(self.path / "cancel", why)

    def cancel_reason(self) -> str | None:
        """Return why the call is to end, or None."""
        try:
            return (self.path / "cancel").read_text()
        except FileNotFoundError:
            return None

    def try_lock(self) -> int | None:
        """Return a descriptor that holds the lock and may be inherited, or None when it is held."""
        fd = os.open(self.lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if lock(fd, block=False):
            return fd
        os.close(fd)
        return None

    def state(self) -> CallState:
        """Return what is seen of the call now."""
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
        """Tell whether the shim that took the call up last still runs."""
        start = self.start()
        return start is not None and is_alive(start.shim)

    def final_reply(self) -> AgentReply | None:
        """Return the reply when the agent wrote its last line, whoever was there to read it."""
        for event in reversed(list(self.events(self._tail_offset()))):
            if isinstance(event, Final):
                return event.reply
        return None

    def events(self, offset: int = 0) -> Iterator[AgentEvent]:
        """Yield the events from a byte offset; lines that are no events are passed over."""
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

    def is_long(self) -> bool:
        """Tell whether the call is over and its events are many and not compressed yet."""
        try:
            size = self.output.stat().st_size
        except FileNotFoundError:
            return False
        return size > _LONG_BYTES and self.state() is CallState.FINISHED

    def shrink(self) -> None:
        """Compress the events of a call that is over; they are read as before.

        Killed in between, it leaves the plain file, which is read then, and is done again.
        """
        packed = gzip.compress(self.output.read_bytes(), mtime=0)
        replace_file(self._packed_output, packed, mode=PRIVATE_FILE, durable=True)
        self.output.unlink()

    def recent_events(self) -> tuple[AgentEvent, ...]:
        """Return the latest events; enough to say what the agent does now."""
        try:
            size = self.output.stat().st_size
        except FileNotFoundError:
            return ()
        return tuple(self.events(max(0, size - _RECENT_BYTES)))

    def archive_output(self, times: int) -> None:
        """Put the output of a lost call aside, so that the next one begins at the beginning."""
        with contextlib.suppress(FileNotFoundError):
            self.output.rename(self.path / f"out.lost-{times}.jsonl")

    def _tail_offset(self) -> int:
        try:
            return max(0, self.output.stat().st_size - _TAIL_BYTES)
        except FileNotFoundError:
            return 0


def parse_event(line: bytes) -> AgentEvent | None:
    """Return the event of one output line, or None when it is something else."""
    try:
        return _EVENT.validate_json(line)
    except ValidationError:
        return None


def _write(path: Path, text: str) -> None:
    replace_file(path, text.encode("utf-8"), mode=PRIVATE_FILE, durable=True)


class FileSink:
    """Appends events to the output file; the line is written in one piece.

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
    """Return seconds since the epoch; processes of one machine compare them."""
    return time.time()
