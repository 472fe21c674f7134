"""One turn with an ACP agent, from the first message to the reply.

The SDK's own way of starting agents does not read standard error and limits lines to 64 KiB, so
this module manages the process and uses only the SDK's protocol.
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import acp
import anyio
import pydantic
from acp import schema
from acp.client.connection import ClientSideConnection

import podium
from podium.model.agents import AgentReply, Outcome
from podium.model.rules.validation import sentences
from podium_adapters.acp.client import AgentClient
from podium_adapters.acp.outcome import (
    Facts,
    Verdict,
    judge_death,
    judge_error,
    judge_limit,
    judge_loop,
    judge_turn,
)
from podium_adapters.acp.profile import Profile
from podium_adapters.acp.rights import Rights
from podium_adapters.acp.session import open_session
from podium_adapters.acp.signs import logged_error, session_log, truncation_evidence
from podium_adapters.acp.transcript import Transcript
from podium_adapters.acp.usage import usage_of
from podium_adapters.process import Child, LimitHit, end_gracefully

CANCEL_SECONDS = 2.0
"""Number of seconds that an agent has to respond to a cancellation."""
LEAVE_SECONDS = 2.0
"""Number of seconds that an agent has to exit after its input is closed."""

_CLOSE_SECONDS = 2.0
_NO_ACP = -32600


@dataclass(frozen=True)
class Died:
    """The process exited, or closed its output, before it answered."""


@dataclass(frozen=True)
class BrokeOff:
    """The model's stream broke, but the agent continues as if nothing had happened."""


Ending = schema.PromptResponse | acp.RequestError | Died | BrokeOff | LimitHit


class Conversation:
    """A conversation with a running agent.

    Args:
        profile: the agent's profile.
        rights: what the agent may do, with the request.
        child: the agent's process.
        transcript: records the agent's output.
        home: the agent's home folder.
    """

    def __init__(
        self,
        profile: Profile,
        rights: Rights,
        child: Child,
        transcript: Transcript,
        home: Path,
    ) -> None:
        self._profile = profile
        self._request = rights.request
        self._child = child
        self._transcript = transcript
        self._home = home
        self._session_id = ""
        self._ending: Ending | None = None
        self._ended = anyio.Event()
        self._answered = anyio.Event()
        self._connection = _connect(rights, child, transcript)

    async def run(self) -> AgentReply:
        """Run the turn and return the reply; the process keeps running if a limit was hit."""
        try:
            async with anyio.create_task_group() as group:
                for task in (self._exchange, self._watch_limits, self._watch_for_broken_stream):
                    group.start_soon(task)
                await self._ended.wait()
                if isinstance(self._ending, LimitHit | BrokeOff):
                    await self._stop()
                group.cancel_scope.cancel()
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await self._request_stop()
            raise
        if self._answered.is_set():
            await end_gracefully(self._child, seconds=LEAVE_SECONDS)
        return self._reply()

    async def close(self) -> None:
        """Close the connection; call it after the process has exited, or it may block forever."""
        with anyio.move_on_after(_CLOSE_SECONDS):
            await self._connection.close()

    async def _exchange(self) -> None:
        try:
            ending: Ending = await self._prompt()
        except acp.RequestError as error:
            ending = error
        except ConnectionError:
            ending = Died()
        except pydantic.ValidationError as error:
            problem = sentences(error, quote=False)[0]
            ending = acp.RequestError(_NO_ACP, f"the agent's response is not valid ACP: {problem}")
        self._end(ending)
        self._answered.set()

    async def _prompt(self) -> schema.PromptResponse:
        hello = await self._connection.initialize(
            protocol_version=acp.PROTOCOL_VERSION,
            client_capabilities=_capabilities(self._profile),
            client_info=schema.Implementation(
                name="podium", title="Podium", version=podium.__version__
            ),
        )
        if hello.protocol_version != acp.PROTOCOL_VERSION:
            what = f"the agent uses version {hello.protocol_version} of the protocol"
            raise acp.RequestError(_NO_ACP, f"{what}, but Podium uses {acp.PROTOCOL_VERSION}")
        self._session_id = await open_session(
            self._connection,
            self._profile,
            self._request,
            self._transcript,
            can_resume=_can_resume(hello),
        )
        return await self._connection.prompt(
            session_id=self._session_id, prompt=[acp.text_block(self._request.prompt)]
        )

    async def _watch_limits(self) -> None:
        self._end(await self._child.wait_limit())

    async def _watch_for_broken_stream(self) -> None:
        await self._transcript.broken.wait()
        self._end(BrokeOff())

    def _end(self, ending: Ending) -> None:
        """Keep the first ending, but let a completed turn replace a broken stream."""
        ended = isinstance(ending, schema.PromptResponse) and ending.stop_reason == "end_turn"
        if self._ending is None or (ended and isinstance(self._ending, BrokeOff)):
            self._ending = ending
        self._ended.set()

    async def _stop(self) -> None:
        """Cancel the turn, and give the agent a moment to save its session."""
        with anyio.move_on_after(CANCEL_SECONDS):
            await self._request_stop()
            await self._answered.wait()

    async def _request_stop(self) -> None:
        if self._session_id:
            with anyio.move_on_after(CANCEL_SECONDS), contextlib.suppress(ConnectionError):
                await self._connection.cancel(session_id=self._session_id)

    def _reply(self) -> AgentReply:
        ending, transcript = self._ending, self._transcript
        response = ending if isinstance(ending, schema.PromptResponse) else None
        usage = transcript.usage or usage_of(response, self._profile.usage, transcript.cost_usd)
        sign = truncation_evidence(self._profile, transcript, usage, self._home, self._session_id)
        verdict = self._verdict(sign)
        return AgentReply(
            outcome=verdict.outcome,
            text=transcript.text,
            detail=transcript.redact(verdict.detail),
            usage=usage,
            denied=tuple(transcript.denied),
            session_id=self._session_id,
            retry_after_seconds=verdict.retry_after_seconds,
        )

    def _verdict(self, sign: str) -> Verdict:
        transcript, profile = self._transcript, self._profile
        match self._ending:
            case schema.PromptResponse(stop_reason=reason):
                facts = Facts(
                    stop_reason=reason,
                    error=transcript.error
                    or transcript.redact(logged_error(profile, self._home, self._session_id)),
                    gave_up=transcript.gave_up,
                    did_nothing=transcript.did_nothing,
                    truncation_evidence=sign,
                    denied=transcript.denied,
                )
                return judge_turn(facts, profile)
            case acp.RequestError() as error:
                return judge_error(error.code, str(error), error.data, profile)
            case BrokeOff():
                return judge_loop(transcript.loop, transcript.retry, profile)
            case LimitHit() as hit:
                log = session_log(profile, self._home, self._session_id)
                return judge_limit(hit, f"{self._child.error_text()}\n{log}")
            case Died():
                return judge_death(self._child.last_words(), profile)
            case None:
                return Verdict(Outcome.FAILED, "the turn never ended")


def _connect(rights: Rights, child: Child, transcript: Transcript) -> ClientSideConnection:
    stdin = child.process.stdin
    assert stdin is not None, "an agent's process has pipes"
    client = AgentClient(rights, transcript)
    return acp.connect_to_agent(
        cast("acp.Client", client), stdin, child.reader, use_unstable_protocol=True
    )


def _can_resume(hello: schema.InitializeResponse) -> bool:
    """Return whether the agent continues a session without sending all its messages again."""
    found = hello.agent_capabilities
    sessions = found.session_capabilities if found else None
    return sessions is not None and sessions.resume is not None


def _capabilities(profile: Profile) -> schema.ClientCapabilities:
    files = schema.FileSystemCapabilities(
        read_text_file=profile.client_files,
        write_text_file=profile.client_files or profile.client_writes,
    )
    return schema.ClientCapabilities(fs=files, terminal=False)
