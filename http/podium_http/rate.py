"""Counts requests against a pace."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from podium_http.limits import Pace

_MOST_KEPT = 10_000


@dataclass
class _Allowance:
    left: float
    seen_at: float


class Rate:
    """Allowances by key; each one is a bucket that fills at the pace.

    Args:
        pace: the pace of each key.
        now: the current time in seconds, which never goes back.
    """

    def __init__(self, pace: Pace, now: Callable[[], float]) -> None:
        self._pace = pace
        self._now = now
        self._allowances: OrderedDict[Hashable, _Allowance] = OrderedDict()

    def take(self, key: Hashable) -> bool:
        """Take one request off the allowance of a key; return False if nothing is left."""
        now = self._now()
        mine = self._allowances.setdefault(key, _Allowance(self._pace.burst, now))
        self._allowances.move_to_end(key)
        if len(self._allowances) > _MOST_KEPT:
            self._allowances.popitem(last=False)
        gained = (now - mine.seen_at) * self._pace.per_second
        mine.left = min(self._pace.burst, mine.left + gained)
        mine.seen_at = now
        if mine.left < 1:
            return False
        mine.left -= 1
        return True
