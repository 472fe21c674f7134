"""A person writes until when an agent rests."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from podium.model.rules.moments import future_time

CET = timezone(timedelta(hours=1))
NOW = datetime(2026, 11, 30, 14, 0, tzinfo=CET)


@pytest.mark.promise("G12.rest")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14:30", "2026-11-30T14:30:00+01:00"),
        ("9:05", "2026-12-01T09:05:00+01:00"),
        ("14:00", "2026-12-01T14:00:00+01:00"),
        ("90m", "2026-11-30T15:30:00+01:00"),
        ("2h", "2026-11-30T16:00:00+01:00"),
        ("1d 12 hours", "2026-12-02T02:00:00+01:00"),
        ("45 min", "2026-11-30T14:45:00+01:00"),
        ("2026-12-01 09:00", "2026-12-01T09:00:00+01:00"),
        ("2026-12-01T09:00:00Z", "2026-12-01T09:00:00+00:00"),
        (" 2026-12-02 ", "2026-12-02T00:00:00+01:00"),
    ],
)
def test_a_time_is_read(text: str, expected: str) -> None:
    assert future_time(text, NOW).isoformat() == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "25:00",
        "12:60",
        "0m",
        "-2h",
        "2 weeks",
        "2h!",
        "2026-11-29",
        "2026-13-01",
        "400d",
    ],
)
def test_what_is_no_time_in_the_next_year_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        future_time(text, NOW)


@pytest.mark.parametrize("text", ["soon", "2 weeks", "2026-13-01"])
def test_the_refusal_of_an_unknown_form_names_those_that_can_be_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"a duration \(90m, 2h, 3d\)"):
        future_time(text, NOW)


def test_a_number_of_any_length_is_refused_and_not_a_crash() -> None:
    with pytest.raises(ValueError, match="within the next year"):
        future_time(f"{'9' * 400}d", datetime(2026, 1, 1, tzinfo=UTC))
