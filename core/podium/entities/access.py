"""Protocols of the store and its transactions, as far as entities need them."""

from typing import Protocol, TypeVar

from podium.model.base import Frozen
from podium.model.documents import Folder, Key

D = TypeVar("D", bound=Frozen)


class Reader(Protocol):
    """What the store and a transaction have in common."""

    def get(self, key: Key[D]) -> D | None:
        """Return a document, or None."""
        ...

    def list(self, folder: Folder[D]) -> dict[str, D]:
        """Return all documents of a set by path, sorted."""
        ...


class Writer(Reader, Protocol):
    """What a transaction adds."""

    def put(self, key: Key[D], value: D) -> None:
        """Write a document."""
        ...

    def delete(self, key: Key[D]) -> None:
        """Remove a document."""
        ...
