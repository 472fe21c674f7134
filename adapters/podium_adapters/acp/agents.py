"""The agents that support ACP, one file each in `profiles/`, behind a single entry point."""

from collections.abc import Mapping, Sequence
from importlib import import_module

from podium.model.agents import (
    AgentReply,
    AgentRequest,
    AgentSpec,
    AskKind,
    Availability,
    Login,
)
from podium.platform.user_folders import added_agent_names
from podium.ports.agent import CallContext
from podium_adapters.acp.profile import Profile, load_profile, profile_names

OPTIONS = {
    "command": "the agent's program: a path, or a JSON list of program and arguments",
    "model": "the model to use, with the agent's own name for it",
    "home": "private: an empty home folder; user: the user's own, with its login and settings; "
    "by default private when a credential is in the environment",
    "environment": "additional environment variables to pass on, separated by commas",
}
"""The options that every agent with a profile has."""


def describe_profile(profile: Profile, more_options: Mapping[str, str]) -> AgentSpec:
    """Return the description of an agent with a profile.

    Args:
        profile: the profile.
        more_options: the agent's options besides those of every such agent.
    """
    return AgentSpec(
        name=profile.name,
        title=profile.title,
        summary=profile.summary,
        install_hint=profile.install_hint,
        options={**OPTIONS, **more_options},
        required_options=() if profile.command else ("command",),
        # A program that only an option names is unknown.
        cacheable=bool(profile.command),
    )


class AcpAgent:
    """An agent that uses the Agent Client Protocol.

    Args:
        profile: its profile.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def describe(self) -> AgentSpec:
        """Return the agent's description."""
        return describe_profile(self.profile, {})

    def available(self, options: dict[str, str]) -> Availability:
        """Return whether the agent's program is installed, and its version, without a session."""
        from podium_adapters.acp.launching import check_program

        return check_program(self.profile, options)

    def login(self, options: dict[str, str], environment: Mapping[str, str]) -> Login:
        """Return its login, as far as it can be seen; see `ShowsLogin.login`."""
        from podium_adapters.acp.launching import find_login

        return find_login(self.profile, options, environment)

    def asks(self, options: dict[str, str]) -> tuple[AskKind, ...] | None:
        """Return the kinds of actions about which it asks; see `AsksFirst.asks`."""
        del options
        return self.profile.asks

    def preload(self) -> None:
        """Import what `run` needs, above all the protocol's SDK; see `Preloadable.preload`."""
        from podium_adapters.process import preload_process

        for name in ("conversation", "turn"):
            import_module(f"podium_adapters.acp.{name}")
        preload_process()

    async def run(self, request: AgentRequest, context: CallContext) -> AgentReply:
        """Run one turn with the agent; see `Agent.run`."""
        from podium_adapters.acp.turn import run_turn

        return await run_turn(self.profile, request, context)


class AcpAgents:
    """The agents whose profiles come with Podium, and those that the user added."""

    def names(self) -> Sequence[str]:
        """Return the names of the agents."""
        return (*profile_names(), *(set(added_agent_names()) - set(profile_names())))

    def load(self, name: str) -> AcpAgent:
        """Return the agent with the given name; an added one never replaces a built-in one."""
        if name in profile_names():
            return AcpAgent(load_profile(name))
        from podium_adapters.acp.generic import generic_profile

        return AcpAgent(generic_profile(name))

    def registry(self) -> str:
        """Return the copy of the public ACP registry that comes with Podium."""
        from podium_adapters.acp.generic import snapshot

        return snapshot()

    def agent_in(self, package: str) -> str:
        """Return the name of the built-in agent that a package contains, or ""."""
        profiles = map(load_profile, profile_names())
        return next((each.name for each in profiles if package in each.packages), "")


acp_agents = AcpAgents()
