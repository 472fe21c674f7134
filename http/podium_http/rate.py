"""Enforces a rate limit with token buckets."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from podium_http.limits import RateLimit

_MOST_KEPT = 10_000


@dataclass
class _Allowance:
    left: float
    seen_at: float


class RateLimiter:
    """A token bucket for each key.

    Args:
        rate_limit: the limit for each key.
        now: returns the current time in seconds, from a monotonic clock.
    """

    def __init__(self, rate_limit: RateLimit, now: Callable[[], float]) -> None:
        self._rate_limit = rate_limit
        self._now = now
        self._allowances: OrderedDict[Hashable, _Allowance] = OrderedDict()

    def take(self, key: Hashable) -> bool:
        """Take one request from a key's bucket; return False if it is empty."""
        now = self._now()
        mine = self._allowances.setdefault(key, _Allowance(self._rate_limit.burst, now))
        self._allowances.move_to_end(key)
        if len(self._allowances) > _MOST_KEPT:
            self._allowances.popitem(last=False)
        gained = (now - mine.seen_at) * self._rate_limit.per_second
        mine.left = min(self._rate_limit.burst, mine.left + gained)
        mine.seen_at = now
        if mine.left < 1:
            return False
        mine.left -= 1
        return True
