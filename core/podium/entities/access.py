"""Protocols for the store operations that entities need."""

from typing import Protocol, TypeVar

from podium.model.base import Frozen
from podium.model.documents import Folder, Key

D = TypeVar("D", bound=Frozen)


class Reader(Protocol):
    """Read access, provided by the store and by transactions."""

    def get(self, key: Key[D]) -> D | None:
        """Return a document, or None."""
        ...

    def list(self, folder: Folder[D]) -> dict[str, D]:
        """Return the documents of a set by path, sorted."""
        ...


class Writer(Reader, Protocol):
    """Write access, provided only by transactions."""

    def put(self, key: Key[D], value: D) -> None:
        """Write a document."""
        ...

    def delete(self, key: Key[D]) -> None:
        """Remove a document."""
        ...
