"""The limits of a server, as values; tests pass small ones."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """A rate limit.

    Args:
        per_second: sustained requests per second.
        burst: maximum number of requests at once.
    """

    per_second: float = 50.0
    burst: float = 200.0


PACE = Pace()


@dataclass(frozen=True)
class Limits:
    """What one server bears.

    Args:
        pace: the rate of each token and address.
        refused: the rate of answers to requests without a valid token, per address; above it the
            connection is closed, too.
        connections: open connections. When there are more, the oldest one that has not shown a
            token is closed; if all have, the new one is.
        header_seconds: time for a complete request head.
        body_seconds: time for a complete body.
        idle_seconds: time that a connection may be idle between requests.
        body_bytes: size of a body.
        values: objects, arrays and elements in a JSON body.
        batch: requests in one JSON body.
    """

    pace: Pace = PACE
    refused: Pace = Pace(per_second=10.0, burst=50.0)
    connections: int = 256
    header_seconds: float = 10.0
    body_seconds: float = 60.0
    idle_seconds: int = 30
    body_bytes: int = 4 * 1024 * 1024
    values: int = 50_000
    batch: int = 100


LIMITS = Limits()
