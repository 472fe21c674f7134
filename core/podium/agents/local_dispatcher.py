"""Runs agent calls on this machine, each in a detached shim process.

There is no timer or lease. A queued call has its request in its directory; its place in the queue
is only in memory, because a waiter resubmits its call after a restart. The dispatcher takes the
call's lock and passes the locked descriptor to the shim, so the call starts exactly once even with
several dispatchers and shims.
"""

import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from pathlib import Path

import anyio
import psutil

from podium.agents.call_directory import CallDirectory, CallResult, now_seconds, pack_calls
from podium.agents.call_queue import CallQueue
from podium.agents.registry import load_agent
from podium.agents.shim_starts import DirectStarter, ShimStarter
from podium.model.agents import (
    ActionAnswer,
    ActionQuestion,
    AgentEvent,
    AgentReply,
    AgentRequest,
    Final,
    Outcome,
)
from podium.platform.machine import POSSIBLE_REFUSALS, raise_refusal
from podium.platform.process.process_tree import end_tree
from podium.platform.process.processes import (
    ProcessMark,
    is_alive,
    mark_of,
    reap,
    send_signal,
    wait_ended,
    watch_end,
)
from podium.ports.dispatcher import (
    CallEnd,
    CallLimits,
    CallLost,
    CallOutcome,
    CallRefused,
    CallState,
    CallStatus,
)

_FIRST_POLL_SECONDS = 0.004
_POLL_SECONDS = 0.02
_SLOWEST_POLL_SECONDS = 0.25
_WATCHED_POLL_SECONDS = 1.0
"""How often to check whether the directory of a call was deleted while its shim is watched."""
_CANCEL_SECONDS = 15.0
_LOCK_TRIES = 4
_DELETED = " (deleted)"
"""Appended by Linux to the path of an open file that was deleted."""
_UNLIMITED = frozenset({CallState.UNKNOWN, CallState.FINISHED})
_RUN_KEY_PARTS = 4
"""Run, task, attempt and step."""


class LocalDispatcher:
    """The dispatcher of one project.

    Args:
        calls: the parent directory of the call directories.
        starter: starts the shims; by default each as a new process.
    """

    def __init__(self, calls: Path, starter: ShimStarter | None = None) -> None:
        self._calls = calls
        self._has_ended_vanished = False
        self._starter = starter or DirectStarter()
        self._queue = CallQueue()
        self._starting: set[str] = set()

    def folder(self, key: str) -> CallDirectory:
        """Return the directory of a call."""
        return CallDirectory(self._calls / key)

    async def set_limits(self, limits: CallLimits) -> None:
        """Replace the limits, and start the queued calls that the new limits allow."""
        self._queue.limits = limits
        await self._start_due()

    async def submit(self, request: AgentRequest) -> None:
        """Start or queue the call; attach if it is running, do nothing if it has finished.

        The first submission ends the processes of calls whose directories were deleted: they can no
        longer report, and would compete with the processes that repeat their calls.
        """
        if not self._has_ended_vanished:
            await anyio.to_thread.run_sync(_end_vanished, self._calls)
            self._has_ended_vanished = True
        match await anyio.to_thread.run_sync(_prepare, self.folder(request.key), request):
            case CallState.FINISHED:
                return
            case CallState.RUNNING:
                self._queue.note_running(request.key)
            case _:
                self._queue.add(request)
        await self._start_due(request.key)

    async def cancel(self, key: str, why: str) -> None:
        """End the call and its process tree; do nothing if it has finished."""
        folder = self.folder(key)
        if folder.result() is not None:
            return
        folder.request_cancel(why)
        await anyio.to_thread.run_sync(_end, folder, why)
        self._queue.remove(key)
        await self._start_due()

    async def suspend_limits(self, key: str) -> None:
        """Stop the clock of a call's limits until the limits are resumed."""
        folder = self.folder(key)
        if folder.state() not in _UNLIMITED:
            await anyio.to_thread.run_sync(folder.limit_clock.suspend)

    async def resume_limits(self, key: str) -> None:
        """Restart the clock of a call's limits."""
        folder = self.folder(key)
        if folder.state() not in _UNLIMITED:
            await anyio.to_thread.run_sync(folder.limit_clock.resume)

    async def asked(self, key: str) -> Sequence[ActionQuestion]:
        """Return the questions for which a call waits; a call without a shim waits for none."""
        folder = self.folder(key)
        found = await anyio.to_thread.run_sync(folder.asks.unanswered)
        return found if found and folder.shim_is_alive() else ()

    async def answer(self, key: str, question_id: str, answer: ActionAnswer) -> None:
        """Answer a question of a call; the first answer counts."""
        await anyio.to_thread.run_sync(self.folder(key).asks.answer, question_id, answer)

    async def started(self, key: str) -> AgentRequest | None:
        """Return the request of a call that was started at least once, or None."""
        return await anyio.to_thread.run_sync(_started, self.folder(key))

    async def inspect(self, keys: Sequence[str]) -> dict[str, CallStatus]:
        """Return the current status of each call."""
        return {key: self._status(key) for key in keys}

    async def wait_outcome(self, key: str) -> CallEnd:
        """Wait until a submitted call has ended, is lost or cannot be started.

        A lost call may be submitted again. A call whose directory was deleted is lost once its
        processes have ended.
        """
        folder = self.folder(key)
        pause = _FIRST_POLL_SECONDS
        while True:
            reap()
            if (end := await self._end_of(folder, key)) is not None:
                return end
            if not await _wait_for_shim(folder):
                await anyio.sleep(pause)
                pause = min(pause * 1.2, _SLOWEST_POLL_SECONDS)

    async def _end_of(self, folder: CallDirectory, key: str) -> CallEnd | None:
        """Return the result of waiting for a call, or None; start the call if its turn has come."""
        if (result := folder.result()) is not None:
            self._queue.remove(key)
            await self._start_due()
            return CallOutcome(key, result.reply, result.started_at, result.ended_at)
        state = self._status(key).state
        if state is CallState.UNKNOWN:
            await anyio.to_thread.run_sync(_kill_holders, folder)
        if state in {CallState.LOST, CallState.UNKNOWN}:
            if folder.final_reply() is None:
                self._queue.remove(key)
                tries = folder.tries()
                return CallLost(key, tries.times if tries else 0)
            self._queue.remove(key)
            await self.submit(folder.request())
        elif state is CallState.QUEUED:
            if not self._queue.is_waiting(key):
                self._queue.remove(key)
                self._queue.add(folder.request())
            await self._start_due(key)
            if reason := self._queue.refusal(key):
                return CallRefused(key, reason)
        elif folder.start() is not None and not folder.shim_is_alive():
            await anyio.to_thread.run_sync(_end_orphans, folder)
        return None

    def _status(self, key: str) -> CallStatus:
        folder = self.folder(key)
        if self._queue.is_waiting(key):
            return CallStatus(CallState.QUEUED, self._queue.refusal(key))
        # A call that is about to start still looks queued or lost in its directory.
        state = CallState.RUNNING if key in self._starting else folder.state()
        return CallStatus(state, last_event_at=folder.last_event_at())

    async def _start_due(self, key: str = "") -> None:
        """Start the calls whose turn has come.

        Raises:
            OSError, RuntimeError: the call with this key cannot be started; errors of other calls
                are left to those who wait for them, and who try again.
        """
        if not self._queue.has_waiting:
            return
        for each in self._queue.running:
            if each not in self._starting and self.folder(each).state() is not CallState.RUNNING:
                self._queue.remove(each)
        while (request := self._queue.take_next()) is not None:
            try:
                await self._start(request)
            except POSSIBLE_REFUSALS:
                self._queue.remove(request.key)
                if request.key == key:
                    raise

    async def _start(self, request: AgentRequest) -> None:
        self._starting.add(request.key)
        try:
            folder = self.folder(request.key)
            await anyio.to_thread.run_sync(_start, folder, self._starter)
        finally:
            self._starting.discard(request.key)

    async def events(self, key: str) -> AsyncIterator[AgentEvent]:
        """Yield the call's events from the first one until the call ends."""
        folder = self.folder(key)
        seen = 0
        while True:
            ended = self._status(key).state in {CallState.FINISHED, CallState.LOST}
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


async def _wait_for_shim(folder: CallDirectory) -> bool:
    """Wait until a call's shim ends, but not for long; return False if it cannot be watched."""
    start = folder.start()
    watched = watch_end(start.shim) if start is not None else None
    if watched is None:
        return False
    try:
        with anyio.move_on_after(_WATCHED_POLL_SECONDS):
            await anyio.wait_readable(watched)
    finally:
        os.close(watched)
    return True


def _is_run_key(key: str) -> bool:
    """Return whether a key belongs to a call of a run; other calls are not packed."""
    parts = key.split("/")
    return len(parts) == _RUN_KEY_PARTS and not {"", ".", ".."} & set(parts)


def _prepare(folder: CallDirectory, request: AgentRequest) -> CallState:
    folder.prepare(request)
    return folder.state()


def _started(folder: CallDirectory) -> AgentRequest | None:
    return folder.request() if folder.tries() is not None else None


def _start(folder: CallDirectory, starter: ShimStarter) -> None:
    fd = _lock_unless_alive(folder)
    if fd is None:
        return
    try:
        if folder.result() is None:
            folder.count_try()
            starter.start(folder, folder.request().agent, fd)
    finally:
        os.close(fd)


def _lock_unless_alive(folder: CallDirectory) -> int | None:
    """Take the lock, retrying a few times because a status query may hold it for a moment."""
    for _ in range(_LOCK_TRIES):
        if folder.result() is not None or folder.shim_is_alive():
            return None
        if (fd := folder.try_lock()) is not None:
            return fd
        time.sleep(_POLL_SECONDS / 4)
    return None


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
    if orphaned and folder.state() is CallState.RUNNING and not _may_still_reply(folder):
        _kill_holders(folder)


def _may_still_reply(folder: CallDirectory) -> bool:
    """Return whether an agent that needs no shim is alive.

    Each agent leads a session of its own. What remains of a dead one are its commands, which would
    hold the call's lock for as long as they like.
    """
    if not load_agent(folder.request().agent).describe().attachable:
        return False
    return any(_leads_session(each.pid) for each in _holders(_lock_of(folder)))


def _leads_session(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:
        return False


def _kill_holders(folder: CallDirectory) -> None:
    """Kill all processes that have the lock file open: they are the call's child processes.

    The file may have been deleted.
    """
    _kill_all(_holders(_lock_of(folder)))


def _lock_of(folder: CallDirectory) -> Callable[[str], bool]:
    path = str(folder.lock_path.resolve())
    return lambda opened: opened in {path, f"{path}{_DELETED}"}


def _end_vanished(calls: Path) -> None:
    """Kill all processes of calls whose directories were deleted."""
    start, end = f"{calls.resolve()}/", f"/lock{_DELETED}"
    _kill_all(_holders(lambda opened: opened.startswith(start) and opened.endswith(end)))


def _holders(holds: Callable[[str], bool]) -> Iterator[ProcessMark]:
    """Yield the processes that have a matching file open."""
    for process in psutil.process_iter():
        if process.pid != os.getpid() and any(map(holds, _opened(process))):
            mark = mark_of(process.pid)
            if mark is not None and is_alive(mark):
                yield mark


def _kill_all(marks: Iterable[ProcessMark]) -> None:
    """Kill processes, with their children."""
    for each in marks:
        end_tree(each)


def _opened(process: psutil.Process) -> list[str]:
    """Return the paths of a process's open files; only Linux names deleted ones."""
    folder = f"/proc/{process.pid}/fd"
    try:
        if not os.path.isdir("/proc/self/fd"):
            return [each.path for each in process.open_files()]
        names = os.listdir(folder)
    except psutil.Error:
        return []
    except OSError as error:
        raise_refusal(error)
        return []
    found: list[str] = []
    for each in names:
        with contextlib.suppress(OSError):  # closed in the meantime
            found.append(os.readlink(f"{folder}/{each}"))
    return found
