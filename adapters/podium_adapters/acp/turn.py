"""Starts an ACP agent, runs one turn with it, and cleans up."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from podium.model.agents import AgentReply, AgentRequest, Outcome
from podium.ports.agent import CallContext
from podium_adapters.acp.launching import PreparedLaunch, prepare
from podium_adapters.acp.profile import Profile
from podium_adapters.acp.transcript import Transcript
from podium_adapters.environment import HomeKind
from podium_adapters.process import Child, started

if TYPE_CHECKING:
    from podium_adapters.acp.conversation import Conversation

_ERROR_CHARACTERS = 2000


async def run_turn(profile: Profile, request: AgentRequest, context: CallContext) -> AgentReply:
    """Run one turn and return the reply; the processes are gone afterwards, even after an error.

    Raises:
        AgentUnavailable: it cannot be started.
    """
    prepared = prepare(profile, request, context)
    transcript = Transcript(
        profile, context.sink, Path(request.folder), prepared.environment.redact
    )
    reply = AgentReply(outcome=Outcome.FAILED, detail="the turn was never started")
    conversation: Conversation | None = None
    try:
        async with started(prepared.launch, context, request.limits) as child:
            home = prepared.environment.home
            conversation = _begin(profile, request, child, transcript, home)
            reply = await conversation.run()
            _keep_error_output(reply, child, transcript)
    finally:
        with anyio.CancelScope(shield=True):
            if conversation is not None:
                await conversation.close()
            await anyio.to_thread.run_sync(_sweep, context, prepared)
    return _without_unloadable_session(reply, profile, prepared)


def _begin(
    profile: Profile, request: AgentRequest, child: Child, transcript: Transcript, home: Path
) -> "Conversation":
    # The protocol's SDK takes a second to import; the agent starts in the meantime.
    from podium_adapters.acp.conversation import Conversation

    return Conversation(profile, request, child, transcript, home)


def _keep_error_output(reply: AgentReply, child: Child, transcript: Transcript) -> None:
    """Record the end of the error output after a failure; the file itself is deleted."""
    words = child.error_text().strip()
    if words and reply.outcome is not Outcome.COMPLETED:
        transcript.note(f"error output: {words[-_ERROR_CHARACTERS:]}")


def _sweep(context: CallContext, prepared: PreparedLaunch) -> None:
    """Delete the agent's leftovers; some agents unpack megabytes at every start."""
    shutil.rmtree(context.scratch / "tmp", ignore_errors=True)
    if prepared.home_kind is HomeKind.PRIVATE:
        shutil.rmtree(prepared.environment.home, ignore_errors=True)


def _without_unloadable_session(
    reply: AgentReply, profile: Profile, prepared: PreparedLaunch
) -> AgentReply:
    """Keep the session's id only if the session can be loaded again."""
    if profile.resumable and prepared.home_kind is HomeKind.USER:
        return reply
    return reply.model_copy(update={"session_id": ""})
