"""Starts an ACP agent, runs one turn with it, and cleans up."""

from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from podium.model.agents import AgentReply, AgentRequest, Outcome
from podium.ports.agent import CallContext
from podium_adapters.acp.launching import prepare
from podium_adapters.acp.profile import Profile
from podium_adapters.acp.rights import Rights
from podium_adapters.acp.transcript import Transcript
from podium_adapters.acp.turn_end import (
    delete_leftovers,
    keep_error_output,
    without_unloadable_session,
)
from podium_adapters.process import Child, started

if TYPE_CHECKING:
    from podium_adapters.acp.conversation import Conversation


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
            rights = Rights.of(request, context, prepared.environment.redact)
            conversation = _begin(profile, rights, child, transcript, home)
            reply = await conversation.run()
            keep_error_output(reply, child, transcript)
    finally:
        with anyio.CancelScope(shield=True):
            if conversation is not None:
                await conversation.close()
            await anyio.to_thread.run_sync(delete_leftovers, context, prepared)
    return without_unloadable_session(reply, profile, prepared)


def _begin(
    profile: Profile, rights: Rights, child: Child, transcript: Transcript, home: Path
) -> "Conversation":
    # The protocol's SDK takes a second to import; the agent starts in the meantime.
    from podium_adapters.acp.conversation import Conversation

    return Conversation(profile, rights, child, transcript, home)
