"""Classifies the end of a turn from the agent's output.

Agents' own reports cannot be trusted: a turn reported as complete may be an error sent as a
message, a broken stream, or a denial after which the agent gave up.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from podium.model.agents import Outcome
from podium.model.rules.agents.reset_times import seconds_until_reset
from podium.words import shorten
from podium_adapters.acp.profile import Profile, Rule
from podium_adapters.process import LimitHit

AUTHENTICATION_REQUIRED = -32000
"""The protocol's error code for an agent that needs a login."""

_RULES = (
    Rule(
        pattern=r"insufficient.?quota|exceeded your (current )?quota|quota.?(exceeded|exhausted)"
        r"|hit your [\w ]*limit|usage.?limit|spend(ing)? limit|credit balance|out of credits?"
        r"|insufficient (credit|balance)|billing",
        outcome=Outcome.QUOTA_EXHAUSTED,
    ),
    Rule(
        pattern=r"prompt is too long|context.?(length|window)|too many tokens|maximum context"
        r"|request_too_large|input (is )?too long",
        outcome=Outcome.CONTEXT_TOO_LONG,
    ),
    Rule(
        pattern=r"\b429\b|rate.?limit|too many requests|quota|resource.?exhausted|usage limit",
        outcome=Outcome.RATE_LIMITED,
    ),
    Rule(
        pattern=r"\b40[13]\b|unauthori[sz]ed|unauthenticated|authenticat|api[ _-]?key|forbidden"
        r"|not logged in|please log ?in|invalid credential|auth.?error",
        outcome=Outcome.UNAUTHENTICATED,
    ),
    Rule(
        pattern=r"content.?filter|safety|blocked by",
        outcome=Outcome.REFUSED,
    ),
    Rule(
        pattern=r"missing finish_reason|stream (ended|was cut|closed|disconnected)"
        r"|premature close|terminated|unexpected end|max(imum)? (output )?tokens"
        r"|max_output_tokens|output token maximum",
        outcome=Outcome.TRUNCATED,
    ),
    Rule(
        pattern=r"ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|ECONNRESET|fetch failed|overloaded"
        r"|connection (refused|reset|error|failed)|cannot connect|\b50[234]\b|unavailable"
        r"|high demand|waiting for network",
        outcome=Outcome.UNAVAILABLE,
    ),
    Rule(
        pattern=r"malformed|invalid json|could not parse|not valid json",
        outcome=Outcome.INVALID_REPLY,
    ),
    Rule(
        pattern=r"\b400\b|invalid.?request",
        outcome=Outcome.INVALID_REQUEST,
    ),
)
_BY_STATUS = {
    401: Outcome.UNAUTHENTICATED,
    403: Outcome.UNAUTHENTICATED,
    429: Outcome.RATE_LIMITED,
    502: Outcome.UNAVAILABLE,
    503: Outcome.UNAVAILABLE,
    504: Outcome.UNAVAILABLE,
    529: Outcome.UNAVAILABLE,
    AUTHENTICATION_REQUIRED: Outcome.UNAUTHENTICATED,
}
_LIMITED_IN_LOG = re.compile(
    r"(?:status\D{0,12}429|rate.?limit|too many requests|RESOURCE_EXHAUSTED).*", re.IGNORECASE
)
_SOON_SECONDS = 7200.0
"""A quota that resets sooner than this counts as a rate limit."""
_WAITING = {Outcome.RATE_LIMITED, Outcome.QUOTA_EXHAUSTED, Outcome.UNAVAILABLE}
_LOG_LINES = 40
_LONGEST_DETAIL = 500


@dataclass(frozen=True)
class Facts:
    """The facts about a turn that the agent reported as complete.

    Args:
        stop_reason: the stop reason from the agent.
        error: an error that it sent as its last message, or "".
        gave_up: whether the agent sent no message after a denial.
        did_nothing: whether the agent neither sent a message nor used a tool.
        truncation_evidence: a sentence with the evidence that the model's stream broke, or "".
        denied: the denied actions.
    """

    stop_reason: str
    error: str = ""
    gave_up: bool = False
    did_nothing: bool = False
    truncation_evidence: str = ""
    denied: Sequence[str] = ()


@dataclass(frozen=True)
class Verdict:
    """How a turn ended.

    Args:
        outcome: the outcome.
        detail: a sentence, or "" for a success.
        retry_after_seconds: how long to wait before the next attempt, if the agent reports it.
    """

    outcome: Outcome
    detail: str = ""
    retry_after_seconds: float | None = None


def judge_turn(facts: Facts, profile: Profile) -> Verdict:
    """Return the verdict on a turn that the agent reported as complete."""
    match facts.stop_reason:
        case "end_turn":
            return _judge_end(facts, profile)
        case "max_tokens":
            return Verdict(Outcome.TRUNCATED, "the model's answer reached its length limit")
        case "max_turn_requests":
            return Verdict(Outcome.TRUNCATED, "the agent reached its own limit of model requests")
        case "refusal":
            return Verdict(Outcome.REFUSED, "the model refused")
        case "cancelled" if facts.denied:
            return Verdict(Outcome.REFUSED, f"an action was denied: {facts.denied[-1]}")
        case "cancelled":
            return Verdict(Outcome.CANCELLED, "the agent reported the turn as cancelled")
        case word:
            return Verdict(Outcome.FAILED, f"the agent stopped for an unknown reason: {word}")


def judge_error(code: int, message: str, data: object, profile: Profile) -> Verdict:
    """Return the verdict on a turn for which the agent returned an error.

    Args:
        code: the error code; some agents put the model server's HTTP status here.
        message: the error message; some agents put the model server's JSON here.
        data: the error's additional data, of any shape.
    """
    sentence = _plain_message(message)
    details = cast("dict[str, object]", data).get("details") if isinstance(data, dict) else data
    text = f"{sentence}: {details}" if isinstance(details, str) else sentence
    by_words = _outcome_of(f"{text} {data}", profile)
    known = _BY_STATUS.get(code, by_words)
    # Rate limits and quotas have the same status; only the text distinguishes them.
    is_quota = known is Outcome.RATE_LIMITED and by_words is Outcome.QUOTA_EXHAUSTED
    return _verdict(by_words if is_quota else known, text)


def judge_death(last_error_line: str, profile: Profile) -> Verdict:
    """Return the verdict on a turn in which the agent's process exited before it answered."""
    verdict = judge_text(last_error_line, profile)
    outcome = Outcome.TRUNCATED if verdict.outcome is Outcome.FAILED else verdict.outcome
    detail = "the agent's process exited before it answered"
    return Verdict(
        outcome,
        f"{detail}: {shorten(last_error_line, _LONGEST_DETAIL)}" if last_error_line else detail,
    )


def judge_loop(loop: str, retry: str, profile: Profile) -> Verdict:
    """Return the verdict on a turn that Podium ended because it made no progress.

    Args:
        loop: how the model repeats itself, or "".
        retry: why the agent retries, or "".
        profile: the agent's profile.
    """
    if retry:
        return judge_text(retry, profile)
    if loop:
        return Verdict(Outcome.INVALID_REPLY, loop)
    detail = "the model's answers keep breaking off, and the agent retries endlessly"
    return Verdict(Outcome.TRUNCATED, detail)


def judge_limit(hit: LimitHit, log: str) -> Verdict:
    """Return the verdict on a turn that hit a limit; some agents silently wait out a rate limit.

    Args:
        hit: the limit.
        log: the end of the agent's error output.
    """
    if hit.kind == "output":
        return Verdict(Outcome.FAILED, hit.detail)
    matches = list(_LIMITED_IN_LOG.finditer("\n".join(log.splitlines()[-_LOG_LINES:])))
    if matches:
        words = matches[-1].group()
        detail = f"{hit.detail}; it was waiting out a rate limit: {shorten(words, _LONGEST_DETAIL)}"
        return Verdict(Outcome.RATE_LIMITED, detail, _wait_in(words))
    return Verdict(Outcome.TIMED_OUT, hit.detail)


def _judge_end(facts: Facts, profile: Profile) -> Verdict:
    if facts.error:
        return judge_text(facts.error, profile)
    if facts.truncation_evidence:
        return Verdict(
            Outcome.TRUNCATED, f"the model's answer was truncated: {facts.truncation_evidence}"
        )
    if facts.gave_up:
        return Verdict(Outcome.REFUSED, f"an action was denied: {facts.denied[-1]}")
    if facts.did_nothing:
        return Verdict(Outcome.TRUNCATED, "the agent neither replied nor used a tool")
    return Verdict(Outcome.COMPLETED)


def judge_text(text: str, profile: Profile) -> Verdict:
    """Return the verdict on a turn that ended with an error message."""
    return _verdict(_outcome_of(text, profile), text)


def _outcome_of(text: str, profile: Profile) -> Outcome:
    for rule in (*profile.rules, *_RULES):
        if re.search(rule.pattern, text, re.IGNORECASE):
            return rule.outcome
    return Outcome.FAILED


def _plain_message(text: str) -> str:
    """Return the message in a model server's `{"error": {"message": …}}`, or the text itself."""
    try:
        inner = json.loads(text)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return text
    return inner if isinstance(inner, str) else text


def _verdict(outcome: Outcome, text: str) -> Verdict:
    wait = _wait_in(text) if outcome in _WAITING else None
    if outcome is Outcome.QUOTA_EXHAUSTED and wait is not None and wait < _SOON_SECONDS:
        outcome = Outcome.RATE_LIMITED
    return Verdict(outcome, shorten(text, _LONGEST_DETAIL), wait)


def _wait_in(text: str) -> float | None:
    return seconds_until_reset(text, datetime.now(UTC))
