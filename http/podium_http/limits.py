"""The limits of a server, as values; tests pass small ones."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RateLimit:
    """A rate limit.

    Args:
        per_second: sustained requests per second.
        burst: maximum number of requests at once.
    """

    per_second: float = 50.0
    burst: float = 200.0


RATE_LIMIT = RateLimit()


@dataclass(frozen=True)
class Limits:
    """The limits that a server enforces.

    Args:
        rate_limit: the limit for authenticated requests, per client address.
        refused: the rate limit for answering requests without a valid token, per address; above it
            the connection is also closed.
        connections: maximum number of open connections. Above it, the oldest unauthenticated
            connection is closed, or the new one if all are authenticated.
        header_seconds: timeout for a complete request head.
        body_seconds: timeout for a complete body.
        idle_seconds: timeout for a connection that is idle between requests.
        body_bytes: maximum size of a body.
        values: maximum number of objects, arrays and elements in a JSON body.
        batch: maximum number of requests in one JSON body.
    """

    rate_limit: RateLimit = RATE_LIMIT
    refused: RateLimit = RateLimit(per_second=10.0, burst=50.0)
    connections: int = 256
    header_seconds: float = 10.0
    body_seconds: float = 60.0
    idle_seconds: int = 30
    body_bytes: int = 4 * 1024 * 1024
    values: int = 50_000
    batch: int = 100


LIMITS = Limits()
