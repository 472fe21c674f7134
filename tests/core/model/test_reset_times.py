"""When a provider's limit resets, from samples of headers, fields and words."""

from datetime import UTC, datetime

import pytest

from podium.model.rules.agents.reset_times import seconds_until_reset

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
AT_ONE = int(datetime(2026, 11, 30, 13, 0, tzinfo=UTC).timestamp())

WORDS = {
    "429 Too Many Requests": None,
    "Rate limit reached. Please try again in 20s.": 20,
    "try again in 1.5 s": 1.5,
    "try again in ~100 min": 6000,
    "Please retry after 2 minutes": 120,
    "try again in 1h 30m": 5400,
    "Retrying in 60s": None,
    "retry_after: 7": 7,
    "retryDelay: 34s": 34,
    "resets in 3 hours": 10800,
    "quota resets after 2 days": 172800,
    "Please wait 45 seconds": 45,
    '{"type":"turn.step.retrying","delay_ms":3600000,"status_code":429}': 3600,
    f'{{"rate_limit_info":{{"resetsAt":{AT_ONE}}}}}': 3600,
    f'{{"resets_at": {AT_ONE}000}}': 3600,
    "limit resets at 2026-11-30T12:10:00Z": 600,
    "limit resets at 2026-11-30 14:00:00+01:00": 3600,
    "You've hit your usage limit · resets 3pm (UTC)": 10800,
    "usage limit reached, resets at 3:30 pm (Europe/Berlin)": 9000,
    "resets at 11:00 (UTC)": 82800,
    "resets at 25:00 (UTC)": None,
    "upgrade to plan 5 to continue": None,
}
HEADERS = [
    ({"Retry-After": "3600"}, 3600),
    ({"retry-after": "Mon, 30 Nov 2026 12:05:00 GMT"}, 300),
    ({"retry-after": "soon"}, None),
    ({"retry-after": "5 blinks"}, None),
    ({"x-ratelimit-reset-requests": "1m30s", "x-ratelimit-reset-tokens": "6m0s"}, 360),
    ({"x-ratelimit-reset-tokens": "850ms"}, 0.85),
    ({"anthropic-ratelimit-tokens-reset": "2026-11-30T12:01:00Z"}, 60),
    ({"anthropic-ratelimit-unified-reset": str(AT_ONE)}, 3600),
    ({"retry-after": "5", "x-ratelimit-reset-tokens": "6m0s"}, 5),
]


@pytest.mark.promise("G4.reset")
@pytest.mark.parametrize("words", WORDS)
def test_words_and_fields_state_when_a_limit_resets(words: str) -> None:
    assert seconds_until_reset(words, NOW) == WORDS[words]


@pytest.mark.parametrize(("headers", "seconds"), HEADERS)
def test_headers_state_when_a_limit_resets(headers: dict[str, str], seconds: float | None) -> None:
    assert seconds_until_reset("429", NOW, headers) == seconds
