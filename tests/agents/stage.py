"""Has turns with a real agent whose model is on loopback."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest

from podium.agents.registry import load_agent
from podium.model.agents import AgentReply, AgentRequest, Limits, Role
from podium.ports.agent import Agent
from tests.adapters.harness import Call, new_call, request, run
from tests.support.agents import (
    agent_command,
    agent_environment,
    agent_options,
    agents_folder,
    on_path,
)
from tests.support.model_script import FaultKind, Say, Script, Step, rules
from tests.support.model_server import ModelServer

LIMITS = Limits(wall_seconds=180, idle_seconds=90)
DONE = Say("all is done here")
PROMPT = "please work"
ScriptFor = Callable[[Call], Script]
_SLOWEST: dict[str, float] = {}
"""How long the slowest turn of each way took in this process, at the end of the turn."""
_CREDENTIALS = (
    *("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"),
    *("CODEX_API_KEY", "COPILOT_GITHUB_TOKEN", "GEMINI_API_KEY", "OPENAI_API_KEY"),
    *("FACTORY_API_KEY", "KIMI_MODEL_API_KEY", "MISTRAL_API_KEY"),
)


@dataclass(frozen=True)
class Way:
    """One way to reach an agent.

    Args:
        name: its name in the table.
        agent: the agent's name in Podium.
        needs: what has to be installed for it.
        asks: whether it asks before it changes something; otherwise a sandbox confines it.
        counts_tokens: whether it reports tokens.
        edits_in_text: whether the model's answer is the edit, because the agent has no tools.
        gives_up: whether it reports a rate limit only after retries of its own.
        hides_tools: whether it does not offer tools that the role may not use.
        options: the options that choose it; `{url}` is the model's address.
        version: what the table shows for an agent that is a library.
    """

    name: str
    agent: str
    needs: tuple[str, ...]
    asks: bool = True
    counts_tokens: bool = True
    hides_tools: bool = True
    edits_in_text: bool = False
    gives_up: bool = False
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    version: str = ""

    @property
    def is_installed(self) -> bool:
        """Return whether it can be used here."""
        if self.agent == "api":
            return find_spec("pydantic_ai") is not None
        return all(agent_command(each) is not None for each in self.needs)


def _api(dialect: str, url: str) -> Way:
    options = {"dialect": dialect, "base_url": url, "key": "TEST_MODEL_KEY"}
    version = "pydantic-ai-slim 2.68.0"
    return Way(f"api-{dialect}", "api", (), options=options, version=version)


WAYS = {
    each.name: each
    for each in (
        Way("claude", "claude", ("claude",), options={"way": "headless"}),
        Way("claude-acp", "claude", ("claude", "claude-acp"), options={"way": "acp"}),
        Way(
            "codex", "codex", ("codex",), asks=False, hides_tools=False, options={"way": "headless"}
        ),
        Way("codex-acp", "codex", ("codex", "codex-acp"), options={"way": "acp"}),
        Way("gemini", "gemini", ("gemini",)),
        Way("copilot", "copilot", ("copilot",)),
        Way("opencode", "opencode", ("opencode",)),
        _api("openai-chat", "{url}/v1"),
        _api("openai-responses", "{url}/v1"),
        _api("anthropic", "{url}"),
        _api("gemini", "{url}"),
        Way("qwen", "qwen", ("qwen",)),
        Way("kimi", "kimi", ("kimi",), counts_tokens=False, hides_tools=False),
        Way("vibe", "vibe", ("vibe",), hides_tools=False),
        Way("kilo", "kilo", ("kilo",)),
        Way("pi", "pi", ("pi",), asks=False),
        Way("aider", "aider", ("aider",), asks=False, counts_tokens=False, edits_in_text=True),
        Way(
            *("droid", "droid", ("droid",)),
            counts_tokens=False,
            hides_tools=False,
            gives_up=True,
        ),
    )
}

QUICK_WAYS = ("claude", "claude-acp", "codex", "codex-acp", "gemini", "copilot", "opencode")
"""The ways that `make test` tries; the others are only in `make agents`."""


@dataclass(frozen=True)
class Turn:
    """A turn that is over.

    Args:
        call: its folders and events.
        reply: how it ended.
        model: what the agent asked the model.
    """

    call: Call
    reply: AgentReply
    model: ModelServer


class Stage:
    """Has turns with one agent.

    Args:
        way: how to reach it.
        place: a folder for its calls.
        patch: sets the environment.
    """

    def __init__(self, way: Way, place: Path, patch: pytest.MonkeyPatch) -> None:
        self.way = way
        self.place = place
        self.patch = patch
        self._turns = 0
        # The agents' shared cache outlives the tests: Copilot unpacks 236 MB into it.
        patch.setenv("XDG_CACHE_HOME", str(agents_folder() / "cache"))
        for variable in _CREDENTIALS:
            patch.delenv(variable, raising=False)
        patch.setenv("PATH", on_path(os.environ["PATH"]))
        # Commands run in a login shell, and the scripts of this machine's user may be slow.
        (place / "user").mkdir()
        patch.setenv("HOME", str(place / "user"))
        self._url = "http://127.0.0.1:9"

    @property
    def agent(self) -> Agent:
        """Return the agent."""
        return load_agent(self.way.agent)

    def new_call(self) -> Call:
        """Return folders for a call."""
        self._turns += 1
        return new_call(self.place / str(self._turns))

    def attach(self, model: ModelServer, fault: FaultKind | None = None, **more: object) -> None:
        """Make the agent ask this model."""
        self._url = model.url(fault, **more)
        variables = agent_environment(self.way.agent, self._url, self.place / "settings")
        for name, value in variables.items():
            self.patch.setenv(name, value)

    def request(
        self, call: Call, *, role: Role = Role.EXECUTOR, limits: Limits = LIMITS, **options: str
    ) -> AgentRequest:
        """Return the request for a turn."""
        given = {**self.options(), **options}
        return request(call, PROMPT, role=role, limits=limits, options=given)

    def options(self) -> dict[str, str]:
        """Return the options with which the agent is started."""
        own = {name: text.replace("{url}", self._url) for name, text in self.way.options.items()}
        return {**agent_options(self.way.agent), **own}

    def turn(
        self,
        script_for: ScriptFor,
        *,
        prepare: Callable[[Call], None] = lambda _: None,
        fault: FaultKind | None = None,
        settings: Mapping[str, object] | None = None,
        role: Role = Role.EXECUTOR,
        limits: Limits = LIMITS,
        options: Mapping[str, str] | None = None,
    ) -> Turn:
        """Have a turn."""
        call = self.new_call()
        prepare(call)
        with ModelServer(script_for(call)) as model:
            self.attach(model, fault, **settings or {})
            asked = self.request(call, role=role, limits=limits, **options or {})
            began = time.monotonic()
            reply = run(self.agent, call, asked)
            took = time.monotonic() - began
            _SLOWEST[self.way.name] = max(_SLOWEST.get(self.way.name, 0.0), took)
            return Turn(call, reply, model)

    def impatient(self) -> Limits:
        """Return limits that a hang meets soon; silence of a whole turn's length is none.

        A busy machine may take long for a start, and that must not be taken for the hang.
        """
        return Limits(wall_seconds=300, idle_seconds=max(5.0, self._slowest()))

    def _slowest(self) -> float:
        if self.way.name not in _SLOWEST:
            self.turn(plays(DONE))
        return _SLOWEST[self.way.name]


def plays(*steps: Step, otherwise: Step = DONE) -> ScriptFor:
    """Return a script that plays these steps in the first conversation."""
    return lambda _: rules((PROMPT, steps), otherwise=otherwise)
