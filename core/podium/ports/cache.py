"""The interface of a store of replies."""

from typing import Protocol


class CacheStore(Protocol):
    """Keeps values by key; it may forget any of them, above all the least recently used ones."""

    def get(self, key: str) -> bytes | None:
        """Return a value, or None if it is unknown or forgotten."""
        ...

    def touch(self, key: str) -> None:
        """Note that a value was used, if it is known."""
        ...

    def put(self, key: str, value: bytes) -> None:
        """Keep a value, in place of an earlier one."""
        ...

    def remove(self, key: str) -> None:
        """Forget a value, if it is known."""
        ...
