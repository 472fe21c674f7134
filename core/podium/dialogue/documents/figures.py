"""Formats numbers and times for people."""

from datetime import datetime

from podium.model.agents import Limits

_WHOLE_LIMIT = 1e15


def number_text(value: float) -> str:
    """Return a number as text that parses back to the same value, without a redundant `.0`."""
    is_whole = value == int(value) and abs(value) < _WHOLE_LIMIT
    return str(int(value)) if is_whole else repr(value)


def duration_text(minutes: float) -> str:
    """Return a duration: `45 min`, `2 h 30 min`."""
    whole = round(minutes)
    if whole < 60:
        return f"{whole} min"
    hours, rest = divmod(whole, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def seconds_text(seconds: float) -> str:
    """Return a measured duration: `0.4 s`, `12 s`, `3 min 20 s`, `1 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return duration_text(minutes)


def span_text(start: datetime | None, end: datetime | None) -> str:
    """Return the time between two timestamps; empty if one of them is missing."""
    return seconds_text((end - start).total_seconds()) if start and end else ""


def limits_text(limits: Limits | None, reason: str) -> str:
    """Return a call's limits and why it has them; empty if they are the configured ones."""
    if limits is None:
        return ""
    wall, idle = seconds_text(limits.wall_seconds), seconds_text(limits.idle_seconds)
    return f"{wall}, {idle} without output, because {reason}"


def count_text(number: int | None) -> str:
    """Return a count with thousands separators; a dash if it is unknown."""
    return "–" if number is None else f"{number:,}"  # noqa: RUF001 - an en dash is the usual sign
