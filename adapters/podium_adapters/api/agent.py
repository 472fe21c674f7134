"""The agent `api`; its process and its libraries are only loaded for a call."""

import os
from importlib import import_module, metadata

from podium.errors import AgentUnavailable
from podium.model.agents import (
    AgentReply,
    AgentRequest,
    AgentSpec,
    Availability,
    LoginState,
)
from podium.ports.agent import CallContext
from podium_adapters.api.endpoint import Dialect, Endpoint, endpoint_of, presets

_LIBRARY = "pydantic-ai-slim"
_INSTALL = "pip install 'podium[api]'"
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

    def available(self, options: dict[str, str]) -> Availability:
        """Return whether the library is installed and the key is set; calls nothing."""
        try:
            endpoint = endpoint_of(options)
        except AgentUnavailable as error:
            return Availability(available=False, reason=f"{error.what}: {error.why}")
        if not _is_installed(endpoint.dialect):
            return Availability(available=False, reason=_INSTALL)
        login, place = _login(endpoint)
        if login is LoginState.NOT_FOUND:
            reason = f"the environment variable {place} is not set"
            return Availability(available=False, reason=reason, login=login)
        version = metadata.version(_LIBRARY)
        return Availability(available=True, version=version, login=login, login_place=place)

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


def _login(endpoint: Endpoint) -> tuple[LoginState, str]:
    name = endpoint.key_variable
    if name and os.environ.get(name):
        return LoginState.FOUND, name
    return (LoginState.NOT_FOUND, name) if endpoint.needs_key else (LoginState.NOT_NEEDED, "")
