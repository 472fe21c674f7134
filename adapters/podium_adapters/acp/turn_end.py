"""What follows a turn, whatever the protocol: error output is kept, leftovers are deleted."""

import shutil

from podium.model.agents import AgentReply, Outcome
from podium.ports.agent import CallContext
from podium_adapters.acp.launching import PreparedLaunch
from podium_adapters.acp.profile import Profile
from podium_adapters.acp.transcript import Transcript
from podium_adapters.environment import HomeKind
from podium_adapters.process import Child

_ERROR_CHARACTERS = 2000


def keep_error_output(reply: AgentReply, child: Child, transcript: Transcript) -> None:
    """Record the end of the error output after a failure; the file itself is deleted."""
    words = child.error_text().strip()
    if words and reply.outcome is not Outcome.COMPLETED:
        transcript.note(f"error output: {words[-_ERROR_CHARACTERS:]}")


def delete_leftovers(context: CallContext, prepared: PreparedLaunch) -> None:
    """Delete the agent's leftovers; some agents unpack megabytes at every start."""
    shutil.rmtree(context.scratch / "tmp", ignore_errors=True)
    if prepared.home_kind is HomeKind.PRIVATE:
        shutil.rmtree(prepared.environment.home, ignore_errors=True)


def without_unloadable_session(
    reply: AgentReply, profile: Profile, prepared: PreparedLaunch
) -> AgentReply:
    """Keep the session's id only if the session can be loaded again."""
    if profile.resumable and prepared.home_kind is HomeKind.USER:
        return reply
    return reply.model_copy(update={"session_id": ""})
