"""The process that runs one agent call and outlives the process that started it.

It receives the locked descriptor of the call's lock from its parent, and its own child processes
inherit it. It always ends with exactly one `result.json`.
"""

import os
import signal
import socket
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import anyio
from anyio.abc import TaskStatus

from podium.agents.asking.person import AskPerson
from podium.agents.call_directory import (
    CallDirectory,
    CallResult,
    FileSink,
    ShimStart,
    build_models,
    now_seconds,
)
from podium.agents.registry import load_agent
from podium.agents.replies.services import ShimServices
from podium.errors import PodiumError
from podium.model.agents import AgentReply, AgentRequest, Billing, Final, Note, Outcome
from podium.platform.owned_files import make_folders
from podium.platform.process.descendants import adopt_orphans
from podium.platform.process.processes import ProcessMark, mark_of
from podium.platform.sandbox.places import confine_agent
from podium.ports.agent import Agent, CallContext, ShowsLogin
from podium.workspace.warm.own_places import TEMP_VARIABLE

GRACE_SECONDS = 60.0
"""Grace period beyond the wall-clock limit before the shim ends the call."""


def main(arguments: Sequence[str]) -> int:
    """Run one call.

    Args:
        arguments: the call's directory and the number of the file descriptor that holds its lock.

    Returns:
        The exit code of the process; the outcome is in the directory.
    """
    folder, lock_fd = CallDirectory(Path(arguments[0])), int(arguments[1])
    os.set_inheritable(lock_fd, False)
    adopt_orphans()
    if folder.result() is not None:
        return 0
    reply, started_at = _salvage(folder), now_seconds()
    tries = folder.tries()
    if reply is None:
        if tries is not None and tries.times > 1:
            folder.archive_output(tries.times - 1)
        folder.record_start(ShimStart(shim=_own_mark(), started_at=started_at))
        reply = anyio.run(_run_call, folder, lock_fd)
    elif tries is not None:
        started_at = tries.first_at
    _write_final(folder, reply)
    folder.finish(CallResult(reply=reply, started_at=started_at, ended_at=now_seconds()))
    return 0


def preload() -> None:
    """Import the modules that `main` imports only when it runs."""
    build_models()
    anyio.run(_run_nothing)


async def _run_nothing() -> None:
    async with anyio.create_task_group() as group:
        await group.start(_cancel_on_signal, group.cancel_scope)
        group.cancel_scope.cancel()


def _salvage(folder: CallDirectory) -> AgentReply | None:
    reply = folder.final_reply()
    return reply.model_copy(update={"salvaged": True}) if reply else None


def _own_mark() -> ProcessMark:
    mark = mark_of(os.getpid())
    assert mark is not None, "a process sees itself"
    return mark


def _write_final(folder: CallDirectory, reply: AgentReply) -> None:
    if folder.final_reply() is None:
        sink = FileSink(folder.output)
        sink.emit(Final(reply=reply))
        sink.close()


async def _run_call(folder: CallDirectory, lock_fd: int) -> AgentReply:
    if (why := folder.cancel_reason()) is not None:
        return AgentReply(outcome=Outcome.CANCELLED, detail=why)
    reply: AgentReply | None = None
    seconds = folder.request().limits.wall_seconds + GRACE_SECONDS
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            # A signal may come as soon as the agent has started.
            await group.start(_cancel_on_signal, scope)
            group.start_soon(_cancel_after, seconds, folder.limit_clock.now, scope)
            reply = await _run_agent(folder, lock_fd)
            group.cancel_scope.cancel()
    if reply is not None:
        return reply
    if (why := folder.cancel_reason()) is not None:
        return AgentReply(outcome=Outcome.CANCELLED, detail=why)
    return AgentReply(outcome=Outcome.TIMED_OUT, detail=f"no answer within {seconds:.0f} s")


async def _cancel_after(
    seconds: float, limit_seconds: Callable[[], float], scope: anyio.CancelScope
) -> None:
    """Cancel the scope when the clock of the limits has counted this number of seconds."""
    end = limit_seconds() + seconds
    while True:
        left = end - limit_seconds()
        if left <= 0:
            scope.cancel()
            return
        await anyio.sleep(left)


async def _cancel_on_signal(
    scope: anyio.CancelScope, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED
) -> None:
    """Cancel the scope on SIGTERM and SIGINT; anyio's receiver would take 10 % of a call's time."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        signal.set_wakeup_fd(theirs.fileno())
        former = {each: signal.signal(each, _ignore) for each in (signal.SIGTERM, signal.SIGINT)}
        task_status.started()
        try:
            await anyio.wait_readable(ours)
            scope.cancel()
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in former.items():
                signal.signal(number, handler)


def _ignore(number: int, frame: object) -> None:
    """Do nothing; the socket becomes readable."""


async def _run_agent(folder: CallDirectory, lock_fd: int) -> AgentReply:
    request = folder.request()
    make_folders(folder.scratch)
    os.environ.update(request.variables)
    sink, services = FileSink(folder.output), ShimServices()
    person = AskPerson(folder.asks, folder.limit_clock, request.ask_seconds)
    person.forget_earlier()
    context = CallContext(
        folder.scratch,
        folder.output,
        (lock_fd,),
        sink,
        folder.limit_clock.now,
        folder.limits_path,
        services,
        confine_agent(
            request.sandbox,
            Path(request.folder),
            folder.scratch,
            request.agent,
            can_write=request.permissions.write,
            writable=filter(None, [request.variables.get(TEMP_VARIABLE)]),
        ),
        person if request.ask else None,
    )
    try:
        agent = load_agent(request.agent)
        reply = await agent.run(request, context)
        return with_billing(reply, agent, request)
    except PodiumError as error:
        return AgentReply(outcome=Outcome.START_FAILED, detail=str(error))
    except Exception as error:  # noqa: BLE001 - crash barrier around third-party code
        sink.emit(Note(text=traceback.format_exc(limit=-8)))
        kind = type(error).__name__
        return AgentReply(outcome=Outcome.FAILED, detail=f"the adapter crashed: {kind}: {error}")
    finally:
        await services.close()
        sink.close()


def with_billing(reply: AgentReply, agent: Agent, request: AgentRequest) -> AgentReply:
    """Return the reply with the model and the billing, where the agent does not report them."""
    billing = reply.billing
    if billing is Billing.UNKNOWN and isinstance(agent, ShowsLogin):
        billing = agent.login(request.options, os.environ).billing
    model = reply.model or request.options.get("model", "")
    return reply.model_copy(update={"model": model, "billing": billing})
