"""The agent `api`; its process and its libraries are only loaded for a call."""

from collections.abc import Mapping
from importlib import import_module, metadata

from podium.errors import AgentUnavailable
from podium.model.agents import (
    AgentReply,
    AgentRequest,
    AgentSpec,
    AskKind,
    Availability,
    Billing,
    Login,
    LoginState,
)
from podium.ports.agent import CallContext
from podium_adapters.api.endpoint import Dialect, endpoint_of, presets

_LIBRARY = "pydantic-ai-slim"
_INSTALL = "install Podium with its extra api: uv tool install '.[api]' in a clone"
_CLIENTS = {
    Dialect.OPENAI_CHAT: "openai",
    Dialect.OPENAI_RESPONSES: "openai",
    Dialect.ANTHROPIC: "anthropic",
    Dialect.GEMINI: "google-genai",
}
"""The packages of the clients, by dialect."""


class ApiAgent:
    """Uses a model's HTTP API with Podium's own tools; docs/agents/api.md describes it."""

    def describe(self) -> AgentSpec:
        """Return the agent's description."""
        return AgentSpec(
            name="api",
            title="Model API",
            summary="Uses the HTTP API of a model, hosted or local, with Podium's own tools.",
            install_hint=f"{_INSTALL}; then set agents.options.api to "
            "{provider: NAME, model: NAME} and the service's key in the environment",
            options={
                "provider": f"the service: {', '.join(presets())}",
                "model": "the model, with the service's own name for it",
                "base_url": "the address of the API, in place of the provider's",
                "dialect": f"its protocol: {', '.join(Dialect)}",
                "key": "the environment variable with the key, in place of the provider's",
                "mode": "tools (default), or text for models that are weak at calling tools",
                "effort": "how long the model thinks: low, medium or high",
                "max_requests": "the most requests to the model in one call",
                "max_tokens": "the most tokens of one call, in both directions",
                "context_tokens": "about the most tokens of one request; old results are left out",
                "max_output_tokens": "the most tokens of one answer",
            },
            required_options=("model",),
            cacheable=True,
        )

    def asks(self, options: dict[str, str]) -> tuple[AskKind, ...]:
        """Return the kinds of actions that it can take; Podium's own tools always ask."""
        del options
        return (AskKind.COMMAND, AskKind.EDIT, AskKind.EDIT_UNDECLARED)

    def available(self, options: dict[str, str]) -> Availability:
        """Return whether the library is installed; calls nothing."""
        try:
            endpoint = endpoint_of(options)
        except AgentUnavailable as error:
            return Availability(available=False, reason=f"{error.what}: {error.why}")
        if not _is_installed(endpoint.dialect):
            return Availability(available=False, reason=_INSTALL)
        return Availability(available=True, version=metadata.version(_LIBRARY))

    def login(self, options: dict[str, str], environment: Mapping[str, str]) -> Login:
        """Return whether the service's key is set; see `ShowsLogin.login`."""
        try:
            endpoint = endpoint_of(options)
        except AgentUnavailable:
            return Login(state=LoginState.UNKNOWN)
        name = endpoint.key_variable
        if name and environment.get(name):
            return Login(state=LoginState.FOUND, place=name, billing=Billing.METERED)
        state = LoginState.NOT_FOUND if endpoint.needs_key else LoginState.NOT_NEEDED
        return Login(state=state)

    def preload(self) -> None:
        """Import what `run` needs, without the libraries; see `Preloadable.preload`."""
        from podium_adapters.process import preload_process

        import_module("podium_adapters.api.client")
        presets()
        preload_process()

    async def run(self, request: AgentRequest, context: CallContext) -> AgentReply:
        """Run one turn in its own process; see `Agent.run`."""
        from podium_adapters.api.client import run_turn

        endpoint = endpoint_of(request.options)
        if not _is_installed(endpoint.dialect):
            raise AgentUnavailable(
                "The agent api is not installed",
                why=f"the package {_LIBRARY} is missing",
                hints=[_INSTALL],
            )
        return await run_turn(endpoint, request, context)


api_agent = ApiAgent()


def _is_installed(dialect: Dialect) -> bool:
    try:
        return all(metadata.version(name) for name in (_LIBRARY, _CLIENTS[dialect]))
    except metadata.PackageNotFoundError:
        return False
