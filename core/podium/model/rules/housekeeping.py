"""Decides which sessions to suspend, and which sessions and plans to archive."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from podium.model.config import PlansConfig, SessionsConfig


def to_suspend(active: Mapping[str, datetime], now: datetime, limits: SessionsConfig) -> list[str]:
    """Return the active sessions to suspend, least recently used first.

    Args:
        active: time of the last activity, by session id.
        now: the current time.
        limits: the maximum idle time and the maximum number of active sessions.
    """
    resting = _oldest_first(active)
    timed = limits.timeout_hours > 0
    idle = _before(active, now - timedelta(hours=limits.timeout_hours)) if timed else set[str]()
    beyond = len(resting) - limits.max_active if limits.max_active else 0
    return [each for index, each in enumerate(resting) if each in idle or index < beyond]


def sessions_to_archive(
    ended: Mapping[str, datetime], now: datetime, limits: SessionsConfig
) -> list[str]:
    """Return the ended sessions that are too old or too many, oldest first.

    Args:
        ended: time of the last activity, by session id.
        now: the current time.
        limits: how many sessions to keep, and for how long.
    """
    oldest = _oldest_first(ended)
    aged = _aged(ended, now, limits.archive_after_days)
    beyond = len(oldest) - limits.keep_ended
    return [each for index, each in enumerate(oldest) if each in aged or index < beyond]


def plans_to_archive(
    settled: Mapping[str, datetime], now: datetime, limits: PlansConfig
) -> list[str]:
    """Return the plans that were finished too long ago, oldest first.

    Args:
        settled: time of the last activity, by plan id; done and rejected plans only.
        now: the current time.
        limits: how long to keep finished plans.
    """
    aged = _aged(settled, now, limits.archive_after_days)
    return [each for each in _oldest_first(settled) if each in aged]


def _aged(moments: Mapping[str, datetime], now: datetime, days: float) -> set[str]:
    return _before(moments, now - timedelta(days=days)) if days > 0 else set()


def _before(moments: Mapping[str, datetime], limit: datetime) -> set[str]:
    return {each for each, at in moments.items() if at < limit}


def _oldest_first(moments: Mapping[str, datetime]) -> list[str]:
    return sorted(moments, key=lambda each: (moments[each], each))
