"""The long tests' dice and time box: `make torture SEED=7 MINUTES=30`.

Without them the dice fall as ever and nothing is cut short.
"""

import os
import random
import time
from collections.abc import Iterator

SEED = int(os.environ.get("TORTURE_SEED") or 20261120)
MINUTES = float(os.environ.get("TORTURE_MINUTES") or "inf")
_BEGINNING = time.monotonic()


def dice() -> random.Random:
    """Return fresh dice of the chosen seed."""
    return random.Random(SEED)


def is_over() -> bool:
    """Tell whether the time box is used up."""
    return time.monotonic() - _BEGINNING > MINUTES * 60


def rounds(count: int) -> Iterator[int]:
    """Yield numbers below `count`; the first one in any case, and no more behind the time box."""
    for number in range(count):
        if number and is_over():
            return
        yield number
