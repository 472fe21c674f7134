"""Returns the records of ended calls, with the cost of those whose agents report only tokens.

The prices come with a package, whose import takes longer than everything else that a runner loads,
so it is imported on first use. Nothing is downloaded.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import anyio.to_thread

from podium.dialogue.excerpts import excerpt, redact
from podium.model.agents import AgentRequest, Billing, Usage
from podium.model.runs import AgentCall
from podium.ports.dispatcher import CallOutcome

NoteCall = Callable[[AgentCall], None]
"""Stores the record of a call that no run made."""


async def ended_call(
    request: AgentRequest, outcome: CallOutcome, billing: Mapping[str, Billing]
) -> AgentCall:
    """Return an ended call's record, with secrets redacted and only the end of the reply.

    Args:
        request: the request.
        outcome: how the call ended.
        billing: how agents are paid for, where it cannot be seen.
    """
    reply = outcome.reply
    usage = reply.usage
    if needs_price(usage, reply.model):
        usage = await anyio.to_thread.run_sync(priced, usage, reply.model)
    known = reply.billing
    if known is Billing.UNKNOWN:
        known = billing.get(request.agent, known)
    return AgentCall(
        key=request.key,
        agent=request.agent,
        role=request.role,
        purpose=request.purpose,
        outcome=reply.outcome,
        detail=redact(reply.detail),
        text_tail=excerpt(reply.text),
        denied=tuple(redact(each) for each in reply.denied),
        retry_after_seconds=reply.retry_after_seconds,
        usage=usage,
        model=redact(reply.model),
        session_id=reply.session_id,
        billing=known,
        is_cost_computed=usage.cost_usd is not None and reply.usage.cost_usd is None,
        started_at=datetime.fromtimestamp(outcome.started_at, UTC),
        ended_at=datetime.fromtimestamp(outcome.ended_at, UTC),
    )


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
