"""Describes failed agent calls."""

from podium.model.agents import AgentReply, Outcome


def describe_failure(agent: str, reply: AgentReply) -> str:
    """Return a sentence that describes a failed call."""
    verb = {
        Outcome.REFUSED: "refused",
        Outcome.TRUNCATED: "returned a truncated reply",
        Outcome.TIMED_OUT: "reached a time limit",
        Outcome.RATE_LIMITED: "is rate limited",
        Outcome.UNAUTHENTICATED: "is not logged in",
        Outcome.UNAVAILABLE: "cannot be started",
        Outcome.CANCELLED: "was cancelled",
    }.get(reply.outcome, "failed")
    return f"{agent} {verb}: {reply.detail}" if reply.detail else f"{agent} {verb}"
