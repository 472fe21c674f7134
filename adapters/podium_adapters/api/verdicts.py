"""Classifies the end of a turn from what the model's service reported."""

import json
from datetime import datetime
from typing import cast

from podium.model.agents import Outcome
from podium.model.rules.agents.reset_times import seconds_until_reset
from podium_adapters.acp.outcome import Verdict, judge_text
from podium_adapters.acp.profile import Profile
from podium_adapters.json_values import JsonObject, count_at, object_at, text_at, value_at

_BY_STATUS = {
    400: Outcome.INVALID_REQUEST,
    401: Outcome.UNAUTHENTICATED,
    402: Outcome.QUOTA_EXHAUSTED,
    403: Outcome.UNAUTHENTICATED,
    404: Outcome.INVALID_REQUEST,
    408: Outcome.UNAVAILABLE,
    413: Outcome.CONTEXT_TOO_LONG,
    422: Outcome.INVALID_REQUEST,
    429: Outcome.RATE_LIMITED,
}
_REFINED = {
    400: {Outcome.QUOTA_EXHAUSTED, Outcome.CONTEXT_TOO_LONG, Outcome.UNAUTHENTICATED},
    403: {Outcome.QUOTA_EXHAUSTED},
    429: {Outcome.QUOTA_EXHAUSTED},
}
"""The outcomes that an error's text determines, because the status is less specific."""
_BY_KIND = {
    "quota": Outcome.QUOTA_EXHAUSTED,
    "context": Outcome.CONTEXT_TOO_LONG,
    "connection": Outcome.UNAVAILABLE,
    "filter": Outcome.REFUSED,
    "cut": Outcome.TRUNCATED,
    "bound": Outcome.TRUNCATED,
    "reply": Outcome.INVALID_REPLY,
}
_WAITING = {Outcome.RATE_LIMITED, Outcome.QUOTA_EXHAUSTED, Outcome.UNAVAILABLE}
_SOON_SECONDS = 7200.0
"""A quota that resets sooner than this counts as a rate limit, and the other way round."""
_SERVER_ERRORS = range(500, 600)


def judge_failure(failure: JsonObject, profile: Profile, now: datetime) -> Verdict:
    """Return the verdict on a turn that failed.

    Args:
        failure: `kind`, `detail`, and for an answer of the service `status`, `headers` and `body`.
        profile: the agent's profile.
        now: the current time, with a time zone.
    """
    detail = _detail(failure)
    outcome = _outcome(failure, f"{detail} {json.dumps(value_at(failure, 'body'))}", profile)
    wait: float | None = None
    if outcome in _WAITING:
        headers = {name: str(each) for name, each in object_at(failure, "headers").items()}
        wait = seconds_until_reset(detail, now, headers)
    if wait is not None and outcome in {Outcome.RATE_LIMITED, Outcome.QUOTA_EXHAUSTED}:
        is_soon = wait < _SOON_SECONDS
        outcome = Outcome.RATE_LIMITED if is_soon else Outcome.QUOTA_EXHAUSTED
    return Verdict(outcome, detail, wait)


def _outcome(failure: JsonObject, words: str, profile: Profile) -> Outcome:
    status, kind = count_at(failure, "status"), text_at(failure, "kind")
    if status is None:
        return _BY_KIND.get(kind) or judge_text(words, profile).outcome
    if kind in {"quota", "context"}:
        return _BY_KIND[kind]
    by_words = judge_text(words, profile).outcome
    if by_words in _REFINED.get(status, ()):
        return by_words
    if status in _SERVER_ERRORS:
        return Outcome.UNAVAILABLE
    return _BY_STATUS.get(status, by_words)


def _detail(failure: JsonObject) -> str:
    """Return the service's own sentence, or the library's."""
    found = _message(value_at(failure, "body")) or text_at(failure, "detail")
    status = count_at(failure, "status")
    return f"HTTP {status}: {found}" if status is not None else found


def _message(body: object) -> str:
    """Return the message in the body of an error, whatever its shape."""
    if isinstance(body, str):
        try:
            value: object = json.loads(body)
        except ValueError:
            return body
        return value if isinstance(value, str) else _message(value)
    if isinstance(body, list):
        rows = cast("list[object]", body)
        body = rows[0] if rows else None
    places = ("error.message", "message", "error", "detail")
    return next((found for each in places if (found := text_at(body, each))), "")
