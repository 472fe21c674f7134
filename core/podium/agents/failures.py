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
        Outcome.QUOTA_EXHAUSTED: "has used up its quota",
        Outcome.UNAVAILABLE: "cannot reach its service",
        Outcome.START_FAILED: "cannot be started",
        Outcome.INVALID_REPLY: "returned an unreadable reply",
        Outcome.INVALID_REQUEST: "rejected the request",
        Outcome.CONTEXT_TOO_LONG: "cannot take a prompt of this length",
        Outcome.CANCELLED: "was cancelled",
    }.get(reply.outcome, "failed")
    return f"{agent} {verb}: {reply.detail}" if reply.detail else f"{agent} {verb}"
