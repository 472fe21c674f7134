"""Parses a time that a person writes: `14:30`, `2h`, `2026-12-01 09:00`, or a day in the past."""

import re
from datetime import date, datetime, timedelta

_UNITS = {"m": 60, "h": 3600, "d": 86400}
_PART = re.compile(r"(\d+)\s*(?:(m)(?:in(?:ute)?s?)?|(h)(?:(?:ou)?rs?)?|(d)(?:ays?)?)\s*")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)")
_FORMS = (
    "it can be a time of day (14:30), a duration (90m, 2h, 3d) "
    "or a date with a time (2026-12-01 09:00)"
)
LONGEST = timedelta(days=366)


def future_time(text: str, now: datetime) -> datetime:
    """Return the time that a text states.

    Args:
        text: a duration in minutes, hours or days (`90m`, `1d 12h`), a time of day, which means its
            next occurrence, or a date with a time (local unless it has an offset).
        now: the current time, with the time zone for local times.

    Raises:
        ValueError: the text states no such time, or one in the past or in more than a year.
    """
    found = _parsed(text.strip().lower(), now)
    if not now < found <= now + LONGEST:
        raise ValueError(f"{found:%Y-%m-%d %H:%M} is not within the next year")
    return found


def past_day(text: str, today: date) -> date:
    """Return the day that a text states: a date, `today`, or a number of days ago, such as `7d`.

    Raises:
        ValueError: the text states no such day, or one in the future.
    """
    wanted = text.strip().lower()
    if wanted == "today":
        return today
    if match := re.fullmatch(r"(\d{1,5})\s*d(?:ays?)?", wanted):
        return today - timedelta(days=min(int(match[1]), today.toordinal() - 1))
    found = date.fromisoformat(wanted)
    if found > today:
        raise ValueError(f"{found} is in the future")
    return found


def _parsed(text: str, now: datetime) -> datetime:
    if match := _CLOCK.fullmatch(text):
        hour, minute = int(match[1]), int(match[2])
        today = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return today if today > now else today + timedelta(days=1)
    parts = list(_PART.finditer(text))
    if parts and "".join(each[0] for each in parts) == text:
        units = [next(unit for unit in each.groups()[1:] if unit) for each in parts]
        seconds = sum(int(p[1]) * _UNITS[u] for p, u in zip(parts, units, strict=True))
        return now + timedelta(seconds=min(seconds, LONGEST.total_seconds() + 1))
    try:
        found = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise ValueError(_FORMS) from error
    return found if found.tzinfo else found.replace(tzinfo=now.tzinfo)
