"""The directory of one agent call: its files and their protocol.

    request.json   the request, written before anything starts
    lock           held by the shim and inherited by its child processes: locked means alive
    tries.json     the number of shims that were started; written before each start
    start.json     the current or latest shim; missing while a new one is starting
    out.jsonl      the agent's events, one per line; `final` is the last one of a finished agent
    out.jsonl.gz   the compressed events of a finished call
    result.json    the outcome; written once
    cancel         a request to cancel the call
    limits.json    how long the limits were suspended; missing if they never were
    asks/          the open questions about single actions, see `podium.agents.asking.files`
    scratch/       the agent's private HOME and TMPDIR

Once the outcome of a call has been imported, its directory is replaced by an entry in the run's
`finished.calls`, see `podium.agents.call_pack`.

The layout is the same for every agent.

Only the result is synced to disk: without it, a finished call would be repeated. No process
survives a power loss, so the files about processes (`tries.json`, `start.json`) are meaningless
afterwards, and resubmitting the call writes the same request again.
"""

import contextlib
import gzip
import io
import json
import os
import shutil
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from podium.agents.asking.files import AskFiles
from podium.agents.call_pack import PACK_NAME, PackedCall, add_calls, find_call
from podium.model.agents import EVENTS, AgentEvent, AgentReply, AgentRequest, Final
from podium.model.base import Frozen
from podium.platform.atomic_write import replace_file
from podium.platform.clock import LimitClock
from podium.platform.file_lock import lock
from podium.platform.owned_files import (
    make_folders,
    open_file,
    opened_parent,
    read_file,
    remove_file,
)
from podium.platform.process.processes import ProcessMark, is_alive
from podium.ports.dispatcher import CallState
from podium.ports.filesystem import PRIVATE_FILE

_M = TypeVar("_M", bound=Frozen)

_EVENT: TypeAdapter[AgentEvent] = TypeAdapter(AgentEvent)
_TAIL_BYTES = 4 * 1024 * 1024
_RECENT_BYTES = 16 * 1024
_COMPRESS_ABOVE_BYTES = 64 * 1024
"""Events of a finished call are compressed above this size."""
_PACK_UP_TO_BYTES = 4 * 1024 * 1024
_PACKABLE = frozenset(
    {
        *("request.json", "result.json", "out.jsonl", "shim.log"),
        *("lock", "tries.json", "start.json", "cancel", "limits.json"),
    }
)
"""The files of a call that an entry replaces."""


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
    def asks(self) -> AskFiles:
        """The questions about single actions."""
        return AskFiles(self.path / "asks")

    @property
    def lock_path(self) -> Path:
        """The path of the lock file; locked means alive."""
        return self.path / "lock"

    @property
    def limit_clock(self) -> LimitClock:
        """The clock of the limits, which other processes can stop."""
        return LimitClock(self.limits_path)

    @property
    def limits_path(self) -> Path:
        """The path of the limit clock's file."""
        return self.path / "limits.json"

    def prepare(self, request: AgentRequest) -> None:
        """Create the directory and write the request, unless they exist in full or are packed."""
        if self._packed() is not None:
            return
        make_folders(self.path)
        if _read_volatile(self.path / "request.json", AgentRequest) is None:
            _write(self.path / "request.json", request.model_dump_json(), durable=False)

    def request(self) -> AgentRequest:
        """Read the request."""
        try:
            return AgentRequest.model_validate_json(read_file(self.path / "request.json"))
        except FileNotFoundError:
            if (packed := self._packed()) is None:
                raise
            return packed.request

    def result(self) -> CallResult | None:
        """Return the outcome, or None if the call has not finished."""
        try:
            return CallResult.model_validate_json(read_file(self.path / "result.json"))
        except FileNotFoundError:
            packed = self._packed()
            return CallResult.model_validate_json(packed.result) if packed else None

    def finish(self, result: CallResult) -> None:
        """Write the outcome unless there is one already. The caller must hold the lock."""
        self.asks.clear()
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
        remove_file(self.path / "start.json")

    def request_cancel(self, why: str) -> None:
        """Request cancellation; a shim that starts later also honours it."""
        make_folders(self.path)
        _write(self.path / "cancel", why)

    def cancel_reason(self) -> str | None:
        """Return the reason for a requested cancellation, or None."""
        try:
            return read_file(self.path / "cancel").decode()
        except FileNotFoundError:
            return None

    def try_lock(self) -> int | None:
        """Take the lock and return its inheritable descriptor, or None if it is held elsewhere."""
        fd = open_file(self.lock_path, os.O_RDWR | os.O_CREAT)
        if lock(fd, block=False):
            return fd
        os.close(fd)
        return None

    def state(self) -> CallState:
        """Return the current state of the call."""
        if self.result() is not None:
            return CallState.FINISHED
        if not self.lock_path.exists():
            return self._state_before_start()
        fd = self.try_lock()
        if fd is None:
            return CallState.RUNNING
        os.close(fd)
        if self.result() is not None:
            return CallState.FINISHED
        return CallState.LOST if self.tries() else self._state_before_start()

    def _state_before_start(self) -> CallState:
        is_submitted = (self.path / "request.json").exists()
        return CallState.QUEUED if is_submitted else CallState.UNKNOWN

    def last_event_at(self) -> float | None:
        """Return the time of the latest event in seconds since the epoch, or None."""
        for output in (self.output, self._packed_output):
            with contextlib.suppress(FileNotFoundError):
                status = output.stat()
                return status.st_mtime if status.st_size else None
        return None

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
            with self._opened_output() as file:
                file.seek(offset)
                for line in file:
                    if line.endswith(b"\n") and (event := parse_event(line)) is not None:
                        yield event
        except FileNotFoundError:
            return

    @contextlib.contextmanager
    def _opened_output(self) -> Generator[BinaryIO, None, None]:
        with contextlib.ExitStack() as stack:
            if (output := self._open_if_there(self.output)) is not None:
                yield stack.enter_context(output)
            elif (compressed := self._open_if_there(self._packed_output)) is not None:
                stack.enter_context(compressed)
                yield cast("BinaryIO", stack.enter_context(gzip.open(compressed, "rb")))
            elif (packed := self._packed()) is not None:
                yield io.BytesIO(packed.events.encode())
            else:
                raise FileNotFoundError(self.output)

    def _open_if_there(self, path: Path) -> BinaryIO | None:
        try:
            return cast("BinaryIO", open(open_file(path, os.O_RDONLY), "rb"))
        except FileNotFoundError:
            return None

    def unpack_output(self) -> None:
        """Write the events of a packed call to their original place.

        Raises:
            OSError: they cannot be written.
        """
        packed = None if self.output.exists() else self._packed()
        if packed is not None:
            make_folders(self.path)
            replace_file(self.output, packed.events.encode(), mode=PRIVATE_FILE)

    def _packed(self) -> PackedCall | None:
        """Return the call from the run's file of finished calls; None while it has a directory."""
        if (self.path / "request.json").exists():
            return None
        return find_call(*_place_in_pack(self.path))

    def content(self) -> PackedCall | None:
        """Return the content of a finished call's directory, unless it contains other files."""
        names = {each.name for each in self.path.iterdir()}
        result = self.result()
        if result is None or "request.json" not in names or not names <= _PACKABLE:
            return None
        return PackedCall(
            request=self.request(),
            result=result.model_dump_json(),
            events=_text_of(self.output),
            log=_text_of(self.path / "shim.log"),
        )

    @property
    def _packed_output(self) -> Path:
        return self.path / "out.jsonl.gz"

    @property
    def is_small(self) -> bool:
        """Whether the events are small enough to be packed together with those of other calls."""
        try:
            return self.output.stat().st_size <= _PACK_UP_TO_BYTES
        except FileNotFoundError:
            return not self._packed_output.exists()

    def is_compressible(self) -> bool:
        """Return whether the call has finished and its large event file is uncompressed."""
        try:
            size = self.output.stat().st_size
        except FileNotFoundError:
            return False
        return size > _COMPRESS_ABOVE_BYTES and self.state() is CallState.FINISHED

    def compress_output(self) -> None:
        """Compress the events of a finished call, transparently for readers.

        If a crash interrupts this, the uncompressed file still exists and takes precedence.
        """
        packed = gzip.compress(read_file(self.output), mtime=0)
        last_event_at = self.output.stat().st_mtime_ns
        replace_file(self._packed_output, packed, mode=PRIVATE_FILE, durable=True)
        os.utime(self._packed_output, ns=(last_event_at, last_event_at), follow_symlinks=False)
        remove_file(self.output)

    def recent_events(self) -> tuple[AgentEvent, ...]:
        """Return the last few events, enough to show the agent's current activity."""
        try:
            size = self.output.stat().st_size
        except FileNotFoundError:
            packed = self._packed()
            size = len(packed.events.encode()) if packed else 0
        return tuple(self.events(max(0, size - _RECENT_BYTES)))

    def archive_output(self, times: int) -> None:
        """Rename the output of a lost call, so that the next one starts with an empty file."""
        with contextlib.suppress(FileNotFoundError), opened_parent(self.output) as (fd, name):
            os.rename(name, f"out.lost-{times}.jsonl", src_dir_fd=fd, dst_dir_fd=fd)

    def _tail_offset(self) -> int:
        try:
            return max(0, self.output.stat().st_size - _TAIL_BYTES)
        except FileNotFoundError:
            return 0


def build_models() -> None:
    """Build the validators of all values in a call's directory before their first use."""
    for model in (AgentRequest, AgentReply, CallResult, ShimStart, Tries, ProcessMark):
        model.model_rebuild()
    for event in EVENTS:
        event.model_rebuild()
    _EVENT.rebuild()


def parse_event(line: bytes) -> AgentEvent | None:
    """Return the event on an output line, or None if it is not an event."""
    try:
        return _EVENT.validate_json(line)
    except ValidationError:
        return None


def pack_calls(calls: Sequence[CallDirectory]) -> frozenset[Path]:
    """Replace the directories of finished calls by entries in their run's file of finished calls.

    A call is not packed while one of its processes is alive, or if its directory contains something
    that does not fit into the entry.

    Returns:
        The directories that were replaced.

    Raises:
        OSError: an entry cannot be written; the remaining directories are unchanged.
    """
    locks: dict[Path, int] = {}
    entries: dict[Path, dict[str, PackedCall]] = {}
    try:
        for call in calls:
            if not (call.path / "result.json").exists() or (fd := call.try_lock()) is None:
                continue
            locks[call.path] = fd
            if call.is_small and (content := call.content()) is not None:
                pack, name = _place_in_pack(call.path)
                entries.setdefault(pack, {})[name] = content
        added = {pack: add_calls(pack, found) for pack, found in entries.items()}
        done = frozenset(pack.parent / name for pack, names in added.items() for name in names)
        for path in done:
            _remove_directory(path)
        return done
    finally:
        for fd in locks.values():
            os.close(fd)


def _place_in_pack(path: Path) -> tuple[Path, str]:
    """Return the run's file of finished calls and the name of a call in it."""
    run = path.parents[2]
    return run / PACK_NAME, path.relative_to(run).as_posix()


def _remove_directory(path: Path) -> None:
    """Remove the directory of a call, and its parent directories that contain no other call.

    The request is deleted first: a directory without one is only the leftover of a packed call.
    """
    (path / "request.json").unlink(missing_ok=True)
    shutil.rmtree(path)
    with contextlib.suppress(OSError):
        path.parent.rmdir()
        path.parents[1].rmdir()


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def _write(path: Path, text: str, *, durable: bool = True) -> None:
    replace_file(path, text.encode("utf-8"), mode=PRIVATE_FILE, durable=durable)


def _read_volatile(path: Path, kind: type[_M]) -> _M | None:
    """Read a file that a power loss may have left empty; an empty file counts as missing."""
    try:
        return kind.model_validate_json(read_file(path))
    except (FileNotFoundError, ValidationError):
        return None


class FileSink:
    """Appends events to the output file; each line is one write.

    Args:
        output: the call's output file.
    """

    def __init__(self, output: Path) -> None:
        self._fd = open_file(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

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
