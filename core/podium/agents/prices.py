"""Computes the cost of a call from its tokens, for agents that do not report it.

The prices come with a package, whose import takes longer than everything else that a runner loads,
so it is imported on first use. Nothing is downloaded.
"""

from podium.model.agents import Usage


def priced(usage: Usage, model: str) -> Usage:
    """Return the usage with its cost, or unchanged if the model or its price is unknown.

    Args:
        usage: the usage; a cost that the agent reported is kept.
        model: the model, as its provider calls it.
    """
    if not needs_price(usage, model):
        return usage
    from genai_prices import Usage as Tokens
    from genai_prices import calc_price

    read, cached = usage.input_tokens or 0, usage.cached_tokens or 0
    if cached > read:
        read += cached  # this agent counts only what was not in the cache
    tokens = Tokens(
        input_tokens=read, cache_read_tokens=cached, output_tokens=usage.output_tokens or 0
    )
    for name in dict.fromkeys((model, model.rpartition("/")[2])):
        try:
            cost = calc_price(tokens, model_ref=name).total_price
        except (LookupError, ValueError):
            continue
        return usage.model_copy(update={"cost_usd": float(cost)})
    return usage


def needs_price(usage: Usage, model: str) -> bool:
    """Return whether the cost of a call is unknown and could be computed."""
    has_tokens = bool(usage.input_tokens or usage.output_tokens)
    return usage.cost_usd is None and has_tokens and bool(model)
