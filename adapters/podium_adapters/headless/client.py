"""Runs one turn with an agent that prints JSON lines, and cleans up."""

import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import anyio
from anyio.abc import TaskGroup

from podium.model.agents import AgentReply, AgentRequest
from podium.ports.agent import CallContext
from podium_adapters.acp.launching import PreparedLaunch, prepare
from podium_adapters.acp.outcome import Verdict, judge_death, judge_limit, judge_loop
from podium_adapters.acp.profile import Profile
from podium_adapters.acp.transcript import Transcript
from podium_adapters.acp.turn_end import (
    delete_leftovers,
    keep_error_output,
    without_unloadable_session,
)
from podium_adapters.headless.reader import Later, MakeReader, Reader, TurnContext
from podium_adapters.json_values import JsonObject
from podium_adapters.process import Child, LimitHit, end_gracefully, started

LEAVE_SECONDS = 5.0
"""Number of seconds that an agent has to exit after its turn."""
INTERRUPT_SECONDS = 1.0
"""Number of seconds to write an interruption to an agent that may no longer read."""


async def run_turn(
    profile: Profile, make_reader: MakeReader, request: AgentRequest, context: CallContext
) -> AgentReply:
    """Run one turn and return the reply; the processes are gone afterwards, even after an error.

    Raises:
        AgentUnavailable: it cannot be started.
    """
    prepared = prepare(profile, request, context)
    redact = prepared.environment.redact
    transcript = Transcript(profile, context.sink, Path(request.folder), redact)
    reader = make_reader(TurnContext(profile, request, transcript, context.person))
    launch = replace(prepared.launch, argv=[*prepared.launch.argv, *reader.arguments()])
    prepared = replace(prepared, launch=launch)
    reply = await reply_of(
        prepared, request, context, lambda child: Turn(profile, child, reader, transcript)
    )
    return without_unloadable_session(reply, profile, prepared)


async def reply_of(
    prepared: PreparedLaunch,
    request: AgentRequest,
    context: CallContext,
    make_turn: Callable[[Child], "Turn"],
) -> AgentReply:
    """Start a program, run its turn and return the reply; its processes and leftovers are gone
    afterwards, even after an error.

    Raises:
        AgentUnavailable: it cannot be started.
    """
    try:
        async with started(prepared.launch, context, request.limits) as child:
            turn = make_turn(child)
            await turn.run()
            reply = turn.reply()
            keep_error_output(reply, child, turn.transcript)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(delete_leftovers, context, prepared)
    return reply


class Turn:
    """One turn with a running agent.

    Args:
        profile: the agent's profile.
        child: its process.
        reader: reads its output.
        transcript: records the turn.
    """

    def __init__(
        self, profile: Profile, child: Child, reader: Reader, transcript: Transcript
    ) -> None:
        self._profile = profile
        self._child = child
        self.reader = reader
        self.transcript = transcript
        self._hit: LimitHit | None = None
        self._ended = anyio.Event()

    async def run(self) -> None:
        """Run the turn until its result, the end of the process, a limit or a loop."""
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._talk, group)
                for task in (self._watch_limits, self._watch_for_loop):
                    group.start_soon(task)
                await self._ended.wait()
                group.cancel_scope.cancel()
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await self._interrupt()
            raise
        if self.reader.verdict is not None:
            await end_gracefully(self._child, seconds=LEAVE_SECONDS)
        else:
            await self._interrupt()

    def reply(self) -> AgentReply:
        """Return the reply of a turn that has ended."""
        transcript, verdict = self.transcript, self._verdict()
        return AgentReply(
            outcome=verdict.outcome,
            text=transcript.text,
            detail=transcript.redact(verdict.detail),
            usage=self.reader.usage,
            denied=tuple(transcript.denied),
            session_id=self.reader.session_id,
            retry_after_seconds=verdict.retry_after_seconds,
        )

    def _verdict(self) -> Verdict:
        transcript = self.transcript
        if self.reader.verdict is not None:
            return self.reader.verdict
        if self._hit is not None:
            return judge_limit(self._hit, self._child.error_text())
        if transcript.broken.is_set():
            return judge_loop(transcript.loop, transcript.retry, self._profile)
        return judge_death(self._child.last_words(), self._profile)

    async def answers(self, message: JsonObject) -> Sequence[JsonObject | Later]:
        """Record a message of the agent, and return the answers to it."""
        return self.reader.read(message)

    async def _talk(self, group: TaskGroup) -> None:
        # If the process does not read its input or has exited, the turn ends in another way.
        with contextlib.suppress(ConnectionError):
            await self._write_opening()
        while self.reader.verdict is None:
            line = await self._next_line()
            if not line:
                await anyio.to_thread.run_sync(self.reader.end)
                break
            if (message := _message(line)) is None:
                self.reader.read_text(line.decode("utf-8", "replace"))
                continue
            for answer in await self.answers(message):
                if callable(answer):
                    # The agent's output is read on, so that its end is noticed.
                    group.start_soon(self._reply_later, answer)
                else:
                    await self._reply_with(answer)
        self._ended.set()

    async def _reply_later(self, answer: Later) -> None:
        await self._reply_with(await answer())

    async def _reply_with(self, answer: JsonObject) -> None:
        # An agent that no longer reads is about to end.
        with contextlib.suppress(ConnectionError):
            await self._send([answer])

    async def _next_line(self) -> bytes:
        try:
            return await self._child.reader.readline()
        except ValueError:
            self.transcript.note("the agent printed a line that is too long")
            return b""

    async def _write_opening(self) -> None:
        stdin = self._child.process.stdin
        assert stdin is not None, "an agent's process has pipes"
        stdin.write(self.reader.opening())
        await stdin.drain()
        if not self.reader.keeps_input_open:
            stdin.close()

    async def _send(self, messages: Sequence[JsonObject]) -> None:
        stdin = self._child.process.stdin
        assert stdin is not None, "an agent's process has pipes"
        for message in messages:
            stdin.write(f"{json.dumps(message)}\n".encode())
        if messages:
            await stdin.drain()

    async def _interrupt(self) -> None:
        message = self.reader.interrupt()
        if message is not None:
            with anyio.move_on_after(INTERRUPT_SECONDS), contextlib.suppress(ConnectionError):
                await self._send([message])

    async def _watch_limits(self) -> None:
        self._hit = await self._child.wait_limit()
        self._ended.set()

    async def _watch_for_loop(self) -> None:
        await self.transcript.broken.wait()
        self._ended.set()


def _message(line: bytes) -> JsonObject | None:
    """Return the JSON object in a line; other lines are meant for people."""
    try:
        value: object = json.loads(line)
    except ValueError:
        return None
    return cast("JsonObject", value) if isinstance(value, dict) else None
