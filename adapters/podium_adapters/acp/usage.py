"""Reads the usage of a turn from the agent's reports."""

from typing import Any

from acp.schema import PromptResponse

from podium.model.agents import Usage
from podium_adapters.acp.profile import UsagePlace
from podium_adapters.json_values import value_at


def usage_of(
    response: PromptResponse | None, place: UsagePlace | None, cost_usd: float | None
) -> Usage:
    """Return the tokens and the cost of a turn; unreported values are None.

    Args:
        response: the agent's response to the prompt.
        place: the location of the tokens in `_meta`, for agents without the standard field.
        cost_usd: the reported cost of the session so far.
    """
    if response is not None and response.usage is not None:
        return Usage(
            input_tokens=response.usage.input_tokens,
            output_tokens=response.usage.output_tokens,
            cached_tokens=response.usage.cached_read_tokens,
            cost_usd=cost_usd,
        )
    meta = response.field_meta if response is not None else None
    if place is None or meta is None:
        return Usage(cost_usd=cost_usd)
    return Usage(
        input_tokens=_count(meta, place.input_tokens),
        output_tokens=_count(meta, place.output_tokens),
        cost_usd=cost_usd,
    )


def _count(meta: dict[str, Any], path: str) -> int | None:
    value = value_at(meta, path)
    return value if isinstance(value, int) and value >= 0 else None
