"""Turns facts and errors into tool results: compact, sanitized, with a next step."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import mcp_types as wire
from pydantic import BaseModel, JsonValue, ValidationError

from podium.errors import PodiumError
from podium.model.rules.validation import sentences
from podium_mcp.sanitize import clean, clipped, one_line, weight

Facts = dict[str, Any]
"""A result: JSON values, ready to be cleaned and sent; `next` contains steps that are already
worded."""

BRIEF_CHARACTERS = 7_000
"""About 1,800 tokens."""
FULL_CHARACTERS = 60_000
"""About 15,000 tokens: hosts move results above 25,000 to a file that the model has to open."""
ERROR_CHARACTERS = 2_000

IN_FULL = "_in_full"
"""A marker among a tool's facts: the caller wants all facts. It is removed from the result."""

_LIMITS = (60_000, 8_000, 2_000, 600, 200, 80)
_MEMBERS = (100, 50, 25, 12, 6, 3)


def compact(facts: Any) -> str:
    """Return JSON without whitespace."""
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


def succeeded(facts: dict[str, Any]) -> wire.CallToolResult:
    """Return a result with the facts as text and as structured content.

    Some hosts pass only one of the two to the model.
    """
    whole = bool(facts.pop(IN_FULL, False))
    fitted = fit(facts, FULL_CHARACTERS if whole else BRIEF_CHARACTERS)
    return wire.CallToolResult(
        content=[wire.TextContent(text=compact(fitted))], structured_content=fitted
    )


def fit(facts: dict[str, Any], characters: int) -> dict[str, Any]:
    """Sanitize the facts, then truncate long strings and then long lists until they fit."""
    whole = fitted = _cleaned(facts, _LIMITS[0])
    for smaller in _truncation_steps(facts):
        fitted = smaller
        if weight(compact(fitted)) <= characters:
            break
    return fitted if fitted == whole else {**fitted, "shortened": True}


def _truncation_steps(facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    cut = facts
    for limit in _LIMITS:
        cut = _cleaned(facts, limit)
        yield cut
    for most in _MEMBERS:
        yield {name: clipped(value, most) for name, value in cut.items()}


def _cleaned(facts: dict[str, Any], limit: int) -> dict[str, Any]:
    # Facts may contain enumerations and tuples, which JSON turns into strings and lists.
    plain_facts: JsonValue = json.loads(compact(facts))
    cleaned = clean(plain_facts, limit)
    assert isinstance(cleaned, dict), "facts have names"
    return {**cleaned}


def refused(what: str, why: str = "", then: Sequence[str] = ()) -> wire.CallToolResult:
    """Return an error that the model can act on: what happened, why, and the next call."""
    parts = [one_line(what, 600).removesuffix("."), one_line(why, 900)]
    text = _sentence(": ".join(part for part in parts if part))
    if then:
        text += _sentence(" Next: " + "; ".join(one_line(each, 200) for each in then[:3]))
    return wire.CallToolResult(
        content=[wire.TextContent(text=text[:ERROR_CHARACTERS])], is_error=True
    )


def refused_by_engine(tool: str, error: PodiumError, hints: Sequence[str]) -> wire.CallToolResult:
    """Return an error result for an error from the engine.

    Args:
        tool: the tool that was called.
        error: the error.
        hints: the error's hints, worded for a model.
    """
    then = hints or [f"correct the arguments and call {tool} again"]
    return refused(error.what, error.why, then)


def refused_arguments(
    tool: str, error: ValidationError, expected: type[BaseModel], schema: dict[str, Any]
) -> wire.CallToolResult:
    """Return an error result that lists every invalid argument and the known ones."""
    problems = sentences(error, expected)
    known = ", ".join(schema.get("properties", {}))
    then = [f"call {tool} again with: {known}"]
    return refused(f"Invalid arguments for {tool}", "; ".join(problems[:8]), then)


def _sentence(text: str) -> str:
    """End `text` with exactly one full stop; two dots may be a folder's name."""
    return text if text.endswith(".") and not text.endswith("..") else f"{text}."
