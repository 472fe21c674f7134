"""Reads when a provider's limit resets from headers, fields and text."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WORDS = {
    "millisecond": "ms",
    "second": "s",
    "sec": "s",
    "minute": "m",
    "min": "m",
    "hour": "h",
    "hr": "h",
    "day": "d",
}
_UNIT = r"(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)\b"
_SPAN = re.compile(rf"(\d+(?:\.\d+)?)\s*{_UNIT}", re.IGNORECASE)
_IN_WORDS = re.compile(
    r"(?:(?:try|retry|wait|available)(?: again)?(?: in| after| for)?"
    r"|retry[ _-]?(?:after|delay|in)|resets? (?:in|after)|please wait)"
    rf"\W{{0,6}}((?:\d+(?:\.\d+)?\s*{_UNIT}[\s,and]*)+|\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
_DELAY_MS = re.compile(r"(?:retry_)?delay_?ms\W{1,4}(\d+)", re.IGNORECASE)
_INSTANT = re.compile(r"\b(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)")
_EPOCH = re.compile(r"resets?_?at\W{1,4}(\d{10})(\d{3})?\b", re.IGNORECASE)
_CLOCK = re.compile(
    r"(?:resets?|try again|available)(?: again)?(?: at| on)?\s+(?:at\s+)?"
    r"(\d{1,2})(?::(\d\d))?\s*([ap]\.?m\.?)?(?:\s*\(?([A-Z][A-Za-z_]+/[A-Za-z_]+|UTC|GMT)\)?)?",
    re.IGNORECASE,
)
_HEADERS = (
    "retry-after",
    "anthropic-ratelimit-unified-reset",
    "anthropic-ratelimit-requests-reset",
    "anthropic-ratelimit-tokens-reset",
    "x-ratelimit-reset-requests",
    "x-ratelimit-reset-tokens",
    "x-ratelimit-reset",
)
_FIRST_EPOCH = 1_000_000_000
"""A larger number in a header is a time in seconds since the epoch, not a duration."""


def seconds_until_reset(
    text: str, now: datetime, headers: Mapping[str, str] | None = None
) -> float | None:
    """Return the number of seconds until a limit resets, or None if nothing states it.

    Headers are more reliable than text, so they are read first. `retry-after` states how long to
    wait and is preferred; of the other headers, the latest reset counts.

    Args:
        text: the error message, or JSON with fields such as `resetsAt` or `delay_ms`.
        now: the current time, with a time zone.
        headers: the response's headers, in upper or lower case.
    """
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    found = [
        seconds
        for name in _HEADERS
        if name in lower and (seconds := _header_seconds(lower[name], now)) is not None
    ]
    if found:
        return found[0] if "retry-after" in lower else max(found)
    for read in (_delay, _epoch, _in_words, _instant, _clock):
        seconds = read(text, now)
        if seconds is not None:
            return max(0.0, seconds)
    return None


def _header_seconds(value: str, now: datetime) -> float | None:
    """Return the seconds that a header states as a number, a duration (`1m30s`) or a date."""
    value = value.strip()
    try:
        number = float(value)
    except ValueError:
        pass
    else:
        return max(0.0, number - now.timestamp() if number >= _FIRST_EPOCH else number)
    if _INSTANT.match(value):
        return _instant(value, now)
    if _SPAN.match(value) or re.match(r"\d", value):
        return _span_seconds(value)
    try:
        return max(0.0, (_aware(parsedate_to_datetime(value)) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _span_seconds(text: str) -> float | None:
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]+)", text.lower())
    known = [(float(number), _unit(word)) for number, word in parts]
    if not known or any(unit is None for _, unit in known):
        return None
    return sum(number * _UNITS[unit] for number, unit in known if unit is not None)


def _unit(word: str) -> str | None:
    if word in _UNITS:
        return word
    return _WORDS.get(word.removesuffix("s"))


def _delay(text: str, now: datetime) -> float | None:
    found = _DELAY_MS.search(text)
    return float(found[1]) / 1000 if found else None


def _epoch(text: str, now: datetime) -> float | None:
    found = _EPOCH.search(text)
    return float(found[1]) - now.timestamp() if found else None


def _in_words(text: str, now: datetime) -> float | None:
    found = _IN_WORDS.search(text)
    if found is None:
        return None
    span = found[1]
    return float(span) if re.fullmatch(r"[\d.]+", span) else _span_seconds(span)


def _instant(text: str, now: datetime) -> float | None:
    found = _INSTANT.search(text)
    if found is None:
        return None
    try:
        instant = datetime.fromisoformat(found[1])
    except ValueError:
        return None
    return (_aware(instant) - now).total_seconds()


def _clock(text: str, now: datetime) -> float | None:
    """Read the next occurrence of a time of day, as in `resets at 3pm (Europe/Berlin)`."""
    found = _CLOCK.search(text)
    if found is None or not (found[2] or found[3]):
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    half = (found[3] or "").lower().replace(".", "")
    hour = hour % 12 + (12 if half == "pm" else 0) if half else hour
    if hour > 23 or minute > 59:
        return None
    local = now.astimezone(_zone(found[4]) if found[4] else None)
    reset = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if reset <= local:
        reset += timedelta(days=1)
    return (reset - local).total_seconds()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo("UTC" if name.upper() == "GMT" else name)
    except (KeyError, ValueError):
        return ZoneInfo("UTC")


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
