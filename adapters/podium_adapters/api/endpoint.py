"""Where a model is reached: from a preset, or from the options."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TypeVar

from podium.errors import AgentUnavailable
from podium.model.base import Frozen

Word = TypeVar("Word", bound=StrEnum)
MOST_REQUESTS = 100
CONTEXT_TOKENS = 120_000
EFFORTS = ("low", "medium", "high")


class Dialect(StrEnum):
    """The protocol of a model's API."""

    OPENAI_CHAT = "openai-chat"
    OPENAI_RESPONSES = "openai-responses"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"


class Mode(StrEnum):
    """How the model changes files."""

    TOOLS = "tools"
    TEXT = "text"
    """It writes fenced blocks with paths; for models that are weak at calling tools."""


class Preset(Frozen):
    """A service or a server that Podium knows."""

    title: str
    dialect: Dialect
    base_url: str
    key: str
    """The environment variable with the key."""
    needs_key: bool = True


class Endpoint(Frozen):
    """Where a model is reached, and the bounds of a turn."""

    dialect: Dialect
    base_url: str
    model: str
    key_variable: str
    needs_key: bool
    mode: Mode = Mode.TOOLS
    max_requests: int = MOST_REQUESTS
    max_tokens: int = 0
    """The maximum of all tokens of a turn; 0 for no limit."""
    max_output_tokens: int = 0
    """The maximum length of one answer; 0 for the service's own."""
    context_tokens: int = CONTEXT_TOKENS
    """About how many tokens a request may have before old results of tools are left out."""
    effort: str = ""
    """How long the model thinks, if the option `effort` is set."""


@cache
def presets() -> Mapping[str, Preset]:
    """Return the presets by name."""
    text = (resources.files("podium_adapters.api") / "presets.toml").read_text("utf-8")
    return {name: Preset.model_validate(each) for name, each in tomllib.loads(text).items()}


def endpoint_of(options: Mapping[str, str]) -> Endpoint:
    """Return the endpoint that the options describe.

    Raises:
        AgentUnavailable: an option is missing or invalid.
    """
    preset = _preset(options)
    dialect = _one_of(Dialect, "dialect", options.get("dialect", "")) or preset.dialect
    base_url = options.get("base_url", "") or preset.base_url
    if not options.get("model"):
        raise _invalid("The option `model` is missing", "the service offers several models")
    if not base_url.startswith(("http://", "https://")):
        why = f"{base_url!r} is not an address that begins with http:// or https://"
        raise _invalid("The option `base_url` is missing or invalid", why)
    return Endpoint(
        dialect=dialect,
        base_url=base_url.rstrip("/"),
        model=options["model"],
        key_variable=options.get("key", "") or preset.key,
        needs_key=bool(options.get("key")) or preset.needs_key,
        mode=_one_of(Mode, "mode", options.get("mode", "")) or Mode.TOOLS,
        max_requests=_count(options, "max_requests") or MOST_REQUESTS,
        max_tokens=_count(options, "max_tokens"),
        max_output_tokens=_count(options, "max_output_tokens"),
        context_tokens=_count(options, "context_tokens") or CONTEXT_TOKENS,
        effort=_effort(options.get("effort", "")),
    )


def _preset(options: Mapping[str, str]) -> Preset:
    name = options.get("provider", "")
    if name in presets():
        return presets()[name]
    if name:
        known = ", ".join(presets())
        raise _invalid(f"There is no provider {name!r}", f"known providers: {known}")
    if not options.get("dialect") or not options.get("base_url"):
        why = "it is needed unless the options `dialect` and `base_url` are set"
        raise _invalid("The option `provider` is missing", why)
    dialect = _one_of(Dialect, "dialect", options["dialect"]) or Dialect.OPENAI_CHAT
    return Preset(title="", dialect=dialect, base_url="", key="", needs_key=False)


def _one_of(words: type[Word], name: str, text: str) -> Word | None:
    if not text:
        return None
    if text not in list(words):
        raise _invalid(f"The option `{name}` cannot be {text!r}", f"known: {', '.join(words)}")
    return words(text)


def _count(options: Mapping[str, str], name: str) -> int:
    text = options.get(name, "") or "0"
    if not text.isdecimal():
        raise _invalid(f"The option `{name}` cannot be {text!r}", "it must be a whole number")
    return int(text)


def _effort(text: str) -> str:
    if text and text not in EFFORTS:
        raise _invalid(f"The option `effort` cannot be {text!r}", f"known: {', '.join(EFFORTS)}")
    return text


def _invalid(what: str, why: str) -> AgentUnavailable:
    hint = "set agents.options.api, for instance {provider: deepseek, model: deepseek-chat}"
    return AgentUnavailable(what, why=why, hints=[hint, "docs/agents/api.md lists the options"])
