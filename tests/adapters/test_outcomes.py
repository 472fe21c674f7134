"""How turns are judged: tables of what agents say, taken from what real ones said."""

import pytest

from podium.model.agents import Outcome
from podium_adapters.acp.outcome import (
    Facts,
    judge_death,
    judge_error,
    judge_limit,
    judge_turn,
)
from podium_adapters.acp.profile import Profile, Rule, load_profile
from podium_adapters.process import LimitHit

PLAIN = load_profile("acp")

TURNS = [
    (Facts("end_turn"), Outcome.COMPLETED, ""),
    (Facts("max_tokens"), Outcome.TRUNCATED, "length limit"),
    (Facts("max_turn_requests"), Outcome.TRUNCATED, "limit of model requests"),
    (Facts("refusal"), Outcome.REFUSED, "the model refused"),
    (Facts("cancelled"), Outcome.CANCELLED, "cancelled"),
    (Facts("cancelled", denied=["write a: no"]), Outcome.REFUSED, "was denied: write a: no"),
    (Facts("tired"), Outcome.FAILED, "unknown reason: tired"),
    (Facts("end_turn", did_nothing=True), Outcome.TRUNCATED, "neither replied nor used a tool"),
    (
        Facts("end_turn", truncation_evidence="it stopped"),
        Outcome.TRUNCATED,
        "was truncated: it stopped",
    ),
    (Facts("end_turn", gave_up=True, denied=["a", "b"]), Outcome.REFUSED, "was denied: b"),
    (Facts("end_turn", denied=["a"]), Outcome.COMPLETED, ""),
    (
        Facts("end_turn", error="429 slow down", truncation_evidence="x"),
        Outcome.RATE_LIMITED,
        "slow down",
    ),
]

ERRORS = [
    (401, '{"error":{"code":401,"message":"Bad key"}}', None, Outcome.UNAUTHENTICATED, "Bad key"),
    (403, "no", None, Outcome.UNAUTHENTICATED, "no"),
    (429, "Rate limit exceeded. Try again later.", None, Outcome.RATE_LIMITED, "Rate limit"),
    (503, "overloaded", None, Outcome.UNAVAILABLE, "overloaded"),
    (500, "The server had an error", None, Outcome.FAILED, "The server had an error"),
    (-32000, "Authentication required", None, Outcome.UNAUTHENTICATED, "required"),
    (-32603, "Internal error", {"details": "401 no"}, Outcome.UNAUTHENTICATED, "error: 401 no"),
    (-32603, "Internal error", {"errorKind": "rate_limit"}, Outcome.RATE_LIMITED, "Internal"),
    (-32603, "Internal error", {"errorName": "ProviderAuthError"}, Outcome.UNAUTHENTICATED, ""),
    (-32603, "Internal error: fetch failed", None, Outcome.UNAVAILABLE, "fetch failed"),
    (-32603, "ECONNREFUSED 127.0.0.1:1", None, Outcome.UNAVAILABLE, "ECONNREFUSED"),
    (-32603, "stream closed: premature close", None, Outcome.TRUNCATED, "premature close"),
    (-32603, "blocked by the content filter", None, Outcome.REFUSED, "content filter"),
    (-32603, "API key not valid. Please pass a valid API key.", None, Outcome.UNAUTHENTICATED, ""),
    (-32603, "You exceeded your current quota", None, Outcome.QUOTA_EXHAUSTED, "quota"),
    (-32603, "something new", ["odd", 1], Outcome.FAILED, "something new"),
    (-32602, "Invalid params", None, Outcome.FAILED, "Invalid params"),
    (429, "You exceeded your current quota", None, Outcome.QUOTA_EXHAUSTED, "quota"),
    (429, "Your quota is exceeded, retry in 34s", None, Outcome.RATE_LIMITED, "quota"),
]

WAITS = [
    ("Rate limit reached. Please try again in 7s.", 7),
    ("429: retry after 2 m", 120),
    ("429 Retry-After: 3600", 3600),
    ("quota exceeded, resets in 1.5 h", 5400),
    ('429 "retryDelay": "34s"', 34),
    ("429; try again in 250ms", 0.25),
    ("429; retried 5 times (total retry wait time: 5.41 seconds)", None),
    ("429", None),
]

LIMITS = [
    ("idle", "", Outcome.TIMED_OUT, "silent"),
    ("wall", "all is well", Outcome.TIMED_OUT, "silent"),
    ("idle", "Attempt 1 failed with status 429. Retrying\n", Outcome.RATE_LIMITED, "status 429"),
    ("wall", "x\nerror=Too Many Requests, retry in 5s\n", Outcome.RATE_LIMITED, "Too Many"),
    ("idle", "status 429\n" + "later\n" * 50, Outcome.TIMED_OUT, "silent"),
    ("output", "status 429", Outcome.FAILED, "silent"),
]


@pytest.mark.promise("G1")
@pytest.mark.parametrize(("facts", "outcome", "detail"), TURNS)
def test_the_end_of_a_turn_is_judged(facts: Facts, outcome: Outcome, detail: str) -> None:
    verdict = judge_turn(facts, PLAIN)
    assert (verdict.outcome, detail in verdict.detail) == (outcome, True), verdict


@pytest.mark.promise("G1")
@pytest.mark.parametrize(("code", "message", "data", "outcome", "detail"), ERRORS)
def test_an_error_is_judged(
    code: int, message: str, data: object, outcome: Outcome, detail: str
) -> None:
    verdict = judge_error(code, message, data, PLAIN)
    assert (verdict.outcome, detail in verdict.detail) == (outcome, True), verdict


@pytest.mark.promise("G4.recognised")
@pytest.mark.parametrize(("message", "seconds"), WAITS)
def test_how_long_to_wait_is_read_from_what_is_said(message: str, seconds: float | None) -> None:
    verdict = judge_error(-32603, message, None, PLAIN)
    assert (verdict.outcome, verdict.retry_after_seconds) == (Outcome.RATE_LIMITED, seconds)


@pytest.mark.promise("G6")
@pytest.mark.parametrize(("kind", "log", "outcome", "detail"), LIMITS)
def test_an_agent_that_waits_silently_for_a_rate_limit_is_recognised(
    kind: str, log: str, outcome: Outcome, detail: str
) -> None:
    hit = LimitHit(kind, "it was silent")  # type: ignore[arg-type]  # the table holds plain texts
    verdict = judge_limit(hit, log)
    assert (verdict.outcome, detail in verdict.detail) == (outcome, True), verdict


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("", Outcome.TRUNCATED),
        ("Segmentation fault", Outcome.TRUNCATED),
        ("Error: not logged in", Outcome.UNAUTHENTICATED),
    ],
)
def test_a_process_that_died_leaves_its_last_words(words: str, outcome: Outcome) -> None:
    verdict = judge_death(words, PLAIN)
    assert verdict.outcome is outcome
    assert words in verdict.detail


def test_an_agents_own_rules_come_first() -> None:
    rule = Rule(pattern="teapot", outcome=Outcome.REFUSED)
    profile = Profile(name="x", title="x", summary="x", install_hint="x", rules=(rule,))
    assert judge_error(-32603, "429 teapot", None, profile).outcome is Outcome.REFUSED


def test_a_detail_stays_one_short_line() -> None:
    verdict = judge_error(-32603, "word\n" * 1000, None, PLAIN)
    assert len(verdict.detail) <= 500
    assert "\n" not in verdict.detail
