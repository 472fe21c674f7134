"""The agents that speak ACP, each a file in `profiles/`; an entry point names them all."""

from collections.abc import Sequence

from podium.model.agents import AgentReply, AgentRequest, AgentSpec, Availability
from podium.ports.agent import CallContext
from podium_adapters.acp.profile import Profile, load_profile, profile_names

_OPTIONS = {
    "command": "the agent's program: a path, or a JSON list of program and arguments",
    "model": "which model it uses, in the agent's own words",
    "home": "private: an empty home folder; user: the user's own, with its login and settings; "
    "by default private when a credential is in the environment",
    "environment": "further variables that it may see, separated by commas",
}


class AcpAgent:
    """An agent behind the Agent Client Protocol.

    Args:
        profile: what is peculiar to it.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def describe(self) -> AgentSpec:
        """Return what this agent is."""
        return AgentSpec(
            name=self.profile.name,
            title=self.profile.title,
            summary=self.profile.summary,
            install_hint=self.profile.install_hint,
            options=_OPTIONS,
            required_options=() if self.profile.command else ("command",),
        )

    def available(self, options: dict[str, str]) -> Availability:
        """Say whether the agent's program is there, and its version; starts no session."""
        from podium_adapters.acp.launching import look

        return look(self.profile, options)

    async def run(self, request: AgentRequest, context: CallContext) -> AgentReply:
        """Have one turn with the agent; see `Agent.run`."""
        from podium_adapters.acp.turn import have_turn

        return await have_turn(self.profile, request, context)


class AcpAgents:
    """The agents whose profiles come with Podium."""

    def names(self) -> Sequence[str]:
        """Return the names of the profiles."""
        return profile_names()

    def load(self, name: str) -> AcpAgent:
        """Return the agent of one of these names."""
        return AcpAgent(load_profile(name))


acp_agents = AcpAgents()
