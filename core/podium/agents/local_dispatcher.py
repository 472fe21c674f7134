"""Runs agent calls on this machine, each in a detached shim process.

There is no queue, timer or lease. The dispatcher takes the call's lock and passes the locked
descriptor to the shim, so the call starts exactly once even with several dispatchers and shims.
"""

import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import anyio
import psutil

from podium.agents.call_directory import CallDirectory, CallResult, now_seconds, pack_calls
from podium.agents.registry import load_agent
from podium.model.agents import AgentEvent, AgentReply, AgentRequest, Final, Outcome
from podium.platform.process_tree import end_tree
from podium.platform.processes import (
    is_alive,
    mark_of,
    reap,
    send_signal,
    start_detached,
    wait_ended,
)
from podium.ports.dispatcher import CallLost, CallOutcome, CallState

_POLL_SECONDS = 0.02
_SLOWEST_POLL_SECONDS = 0.25
_CANCEL_SECONDS = 15.0
_LOCK_TRIES = 4
_RUN_KEY_PARTS = 4
"""Run, task, attempt and step."""


class LocalDispatcher:
    """The dispatcher of one project.

    Args:
        calls: the parent directory of the call directories.
    """

    def __init__(self, calls: Path) -> None:
        self._calls = calls

    def folder(self, key: str) -> CallDirectory:
        """Return the directory of a call."""
        return CallDirectory(self._calls / key)

    async def submit(self, request: AgentRequest) -> None:
        """Start the call; attach to it if it is running, do nothing if it has finished."""
        await anyio.to_thread.run_sync(_start, self.folder(request.key), request)

    async def cancel(self, key: str, why: str) -> None:
        """End the call and its process tree; a finished call is left unchanged."""
        folder = self.folder(key)
        if folder.result() is not None:
            return
        folder.request_cancel(why)
        await anyio.to_thread.run_sync(_end, folder, why)

    async def inspect(self, keys: Sequence[str]) -> dict[str, CallState]:
        """Return the current state of each call."""
        return {key: self.folder(key).state() for key in keys}

    async def wait_outcome(self, key: str) -> CallOutcome | CallLost:
        """Wait until a submitted call has finished or is lost; a lost one can be resubmitted."""
        folder = self.folder(key)
        pause = _POLL_SECONDS
        while True:
            reap()
            if (result := folder.result()) is not None:
                return CallOutcome(key, result.reply, result.started_at, result.ended_at)
            if folder.state() in {CallState.LOST, CallState.UNKNOWN}:
                if folder.final_reply() is None:
                    tries = folder.tries()
                    return CallLost(key, tries.times if tries else 0)
                await self.submit(folder.request())
            elif folder.start() is not None and not folder.shim_is_alive():
                await anyio.to_thread.run_sync(_end_orphans, folder)
            await anyio.sleep(pause)
            pause = min(pause * 1.1, _SLOWEST_POLL_SECONDS)

    async def events(self, key: str) -> AsyncIterator[AgentEvent]:
        """Yield the call's events from the first one until the call ends."""
        folder = self.folder(key)
        seen = 0
        while True:
            ended = folder.state() not in {CallState.RUNNING, CallState.UNKNOWN}
            events = list(folder.events())
            for event in events[seen:]:
                yield event
                if isinstance(event, Final):
                    return
            seen = len(events)
            if ended:
                return
            await anyio.sleep(0.1)

    async def forget(self, keys: Sequence[str]) -> None:
        """Pack finished calls into one file per run; their events and results stay readable."""
        folders = [self.folder(key) for key in keys if _is_run_key(key)]
        await anyio.to_thread.run_sync(pack_calls, folders)


def _is_run_key(key: str) -> bool:
    """Return whether a key belongs to a call of a run; the keys of others are not packed."""
    parts = key.split("/")
    return len(parts) == _RUN_KEY_PARTS and not {"", ".", ".."} & set(parts)


def _start(folder: CallDirectory, request: AgentRequest) -> None:
    folder.prepare(request)
    fd = _lock_unless_alive(folder)
    if fd is None:
        return
    try:
        if folder.result() is None:
            _spawn_shim(folder, fd)
    finally:
        os.close(fd)


def _lock_unless_alive(folder: CallDirectory) -> int | None:
    """Take the lock, with a few retries because a status query holds it for a moment."""
    for _ in range(_LOCK_TRIES):
        if folder.result() is not None or folder.shim_is_alive():
            return None
        if (fd := folder.try_lock()) is not None:
            return fd
        time.sleep(_POLL_SECONDS / 4)
    return None


def _spawn_shim(folder: CallDirectory, lock_fd: int) -> None:
    """Start a shim that owns the lock; `-P` keeps the working directory off its module path."""
    folder.count_try()
    command = [sys.executable, "-P", "-m", "podium", "shim", str(folder.path), str(lock_fd)]
    start_detached(command, folder.path, folder.path / "shim.log", inherit_fds=(lock_fd,))


def _end(folder: CallDirectory, why: str) -> None:
    """End a call: signal its shim, kill remaining processes, and make sure there is a result."""
    start = folder.start()
    if start is not None:
        send_signal(start.shim, signal.SIGTERM)
        if not wait_ended(start.shim, seconds=_CANCEL_SECONDS):
            end_tree(start.shim)
    if folder.result() is None:
        _kill_holders(folder)
        fd = folder.try_lock()
        if fd is not None:
            ended = now_seconds()
            reply = AgentReply(outcome=Outcome.CANCELLED, detail=why)
            folder.finish(CallResult(reply=reply, started_at=ended, ended_at=ended))
            os.close(fd)


def _end_orphans(folder: CallDirectory) -> None:
    """End an agent whose shim died, unless it can finish its reply without a shim."""
    orphaned = folder.start() is not None and not folder.shim_is_alive()
    attachable = load_agent(folder.request().agent).describe().attachable
    if orphaned and not attachable and folder.state() is CallState.RUNNING:
        _kill_holders(folder)


def _kill_holders(folder: CallDirectory) -> None:
    """Kill all processes that have the lock file open: they are the call's child processes."""
    for process in _holders(folder):
        mark = mark_of(process.pid)
        if mark is not None and is_alive(mark):
            end_tree(mark)


def _holders(folder: CallDirectory) -> list[psutil.Process]:
    path = str(folder.lock_path.resolve())
    return [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid() and _has_open(process, path)
    ]


def _has_open(process: psutil.Process, path: str) -> bool:
    folder = Path(f"/proc/{process.pid}/fd")
    try:
        if folder.is_dir():
            return any(os.readlink(each) == path for each in folder.iterdir())
        return any(each.path == path for each in process.open_files())
    except (OSError, psutil.Error):
        return False
