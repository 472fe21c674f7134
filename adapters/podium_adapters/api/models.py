"""Makes the client of a model; only the library of its dialect is imported."""

from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings

from podium_adapters.api.endpoint import Dialect, Endpoint

_NO_KEY = "none"
"""Servers that need no key still get one, because the clients insist on it."""
_LONGEST_ANSWER = 32_000
"""Anthropic's API needs a maximum, and the library's own one cuts off larger files."""


def make_model(endpoint: Endpoint, key: str, seconds: float) -> Model:
    """Return the client of a model.

    Podium decides on retries and time limits, so the libraries get none of their own.

    Args:
        endpoint: where it is reached.
        key: the key, or "" if none is needed.
        seconds: a time limit that is never the shortest one.
    """
    match endpoint.dialect:
        case Dialect.OPENAI_CHAT | Dialect.OPENAI_RESPONSES:
            return _openai(endpoint, key or _NO_KEY, seconds)
        case Dialect.ANTHROPIC:
            return _anthropic(endpoint, key or _NO_KEY, seconds)
        case Dialect.GEMINI:
            return _gemini(endpoint, key or _NO_KEY)


def make_settings(endpoint: Endpoint) -> ModelSettings:
    """Return the settings of every request."""
    settings = ModelSettings()
    longest = endpoint.max_output_tokens
    if not longest and endpoint.dialect is Dialect.ANTHROPIC:
        longest = _LONGEST_ANSWER
    if longest:
        settings["max_tokens"] = longest
    match endpoint.effort:
        case "low" | "medium" | "high" as effort:
            settings["thinking"] = effort
        case _:
            pass
    return settings


def _openai(endpoint: Endpoint, key: str, seconds: float) -> Model:
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    client = AsyncOpenAI(base_url=endpoint.base_url, api_key=key, max_retries=0, timeout=seconds)
    provider = OpenAIProvider(openai_client=client)
    if endpoint.dialect is Dialect.OPENAI_RESPONSES:
        return OpenAIResponsesModel(endpoint.model, provider=provider)
    return OpenAIChatModel(endpoint.model, provider=provider)


def _anthropic(endpoint: Endpoint, key: str, seconds: float) -> Model:
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    client = AsyncAnthropic(base_url=endpoint.base_url, api_key=key, max_retries=0, timeout=seconds)
    return AnthropicModel(endpoint.model, provider=AnthropicProvider(anthropic_client=client))


def _gemini(endpoint: Endpoint, key: str) -> Model:
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    provider = GoogleProvider(api_key=key, base_url=endpoint.base_url)
    return GoogleModel(endpoint.model, provider=provider)
