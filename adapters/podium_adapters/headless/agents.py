"""The agents that can run headless, and those that can also use ACP."""

from collections.abc import Mapping
from importlib import import_module, resources
from pathlib import Path
from typing import Protocol

from podium.errors import AgentUnavailable
from podium.model.agents import AgentReply, AgentRequest, AgentSpec, AskKind, Availability, Login
from podium.ports.agent import CallContext
from podium_adapters.acp.agents import AcpAgent, describe_profile
from podium_adapters.acp.profile import Profile, load_profile, read_profile

_WAY = "the protocol: acp (through the agent's ACP adapter) or headless (its own JSON lines)"
_BUDGET = "the most that one call may cost, in dollars; only in the headless way"
_MORE_OPTIONS = {"claude": {"max_budget_usd": _BUDGET}}
_READERS = {
    "claude": "ClaudeReader",
    "codex": "CodexReader",
    "pi": "PiReader",
    "aider": "AiderReader",
}


class _Way(Protocol):
    def describe(self) -> AgentSpec: ...
    def available(self, options: dict[str, str]) -> Availability: ...
    def asks(self, options: dict[str, str]) -> tuple[AskKind, ...] | None: ...
    def preload(self) -> None: ...
    async def run(self, request: AgentRequest, context: CallContext) -> AgentReply: ...


class HeadlessAgent:
    """An agent that runs one prompt per process and prints JSON lines.

    Args:
        profile: its profile; the module of this package with the same name contains its reader.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def describe(self) -> AgentSpec:
        """Return the agent's description."""
        return describe_profile(self.profile, _MORE_OPTIONS.get(self.profile.name, {}))

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
        """Import what `run` needs; see `Preloadable.preload`."""
        from podium_adapters.process import preload_process

        for name in ("client", self.profile.name):
            import_module(f"podium_adapters.headless.{name}")
        preload_process()

    async def run(self, request: AgentRequest, context: CallContext) -> AgentReply:
        """Run one turn with the agent; see `Agent.run`."""
        from podium_adapters.headless.client import run_turn

        module = import_module(f"podium_adapters.headless.{self.profile.name}")
        reader = getattr(module, _READERS[self.profile.name])
        return await run_turn(self.profile, reader, request, context)


class TwoWayAgent:
    """One agent that is reached through its ACP adapter or its own command line.

    Args:
        headless: the agent's own command line.
        acp: its ACP adapter.
        prefers_acp: whether the adapter is used if it is installed.
    """

    def __init__(self, headless: HeadlessAgent, acp: AcpAgent, *, prefers_acp: bool) -> None:
        self._headless = headless
        self._acp = acp
        self._prefers_acp = prefers_acp

    def describe(self) -> AgentSpec:
        """Return the agent's description."""
        described = self._headless.describe()
        options = {**described.options, "way": _WAY}
        return described.model_copy(update={"options": options})

    def available(self, options: dict[str, str]) -> Availability:
        """Return whether the chosen way can be used here."""
        try:
            way = self._way(options)
        except AgentUnavailable as error:
            return Availability(available=False, reason=error.why)
        return way.available(options)

    def login(self, options: dict[str, str], environment: Mapping[str, str]) -> Login:
        """Return its login, as far as it can be seen; both ways use the same one."""
        return self._headless.login(options, environment)

    def asks(self, options: dict[str, str]) -> tuple[AskKind, ...] | None:
        """Return the kinds of actions about which the chosen way asks; see `AsksFirst.asks`."""
        try:
            return self._way(options).asks(options)
        except AgentUnavailable:
            return ()

    def preload(self) -> None:
        """Import what the usual way needs, and ACP if its adapter is here; see `Preloadable`."""
        from podium_adapters.acp.launching import is_installed

        self._headless.preload()
        # Each call that is made over ACP would import its SDK otherwise, for half a second.
        if self._prefers_acp or is_installed(self._acp.profile):
            self._acp.preload()

    async def run(self, request: AgentRequest, context: CallContext) -> AgentReply:
        """Run one turn in the chosen way; see `Agent.run`."""
        return await self._way(request.options, request.folder).run(request, context)

    def _way(self, options: Mapping[str, str], folder: str = "") -> _Way:
        match options.get("way", ""):
            case "headless":
                return self._headless
            case "acp":
                return self._acp
            case "":
                is_acp = self._prefers_acp and self._suits_acp(options, folder)
                return self._acp if is_acp else self._headless
            case way:
                raise AgentUnavailable(
                    f"The option `way` cannot be {way!r}",
                    why="it must be acp or headless",
                    hints=["omit it: podium chooses the way that suits the agent"],
                )

    def _suits_acp(self, options: Mapping[str, str], folder: str) -> bool:
        from podium_adapters.acp.launching import is_installed, refused_folder

        profile = self._acp.profile
        if options.get("command") or not is_installed(profile):
            return False
        return not folder or not refused_folder(profile, Path(folder))


def headless_profile(name: str) -> Profile:
    """Return a headless profile that comes with Podium."""
    folder = resources.files("podium_adapters.headless") / "profiles"
    return read_profile(folder / f"{name}.json")


def _two_way(name: str, *, prefers_acp: bool) -> TwoWayAgent:
    headless, acp = HeadlessAgent(headless_profile(name)), AcpAgent(load_profile(name))
    return TwoWayAgent(headless, acp, prefers_acp=prefers_acp)


claude_agent = _two_way("claude", prefers_acp=False)
"""Headless by default: it asks for every permission, as ACP does, with more precise errors."""
codex_agent = _two_way("codex", prefers_acp=True)
"""ACP if possible, because only the adapter asks for permissions."""
pi_agent = HeadlessAgent(headless_profile("pi"))
aider_agent = HeadlessAgent(headless_profile("aider"))
