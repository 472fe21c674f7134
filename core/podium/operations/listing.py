"""What every list does: filter, count, cut; pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from podium.operations.filters import parse_filter

T = TypeVar("T")
Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Listed(Generic[T]):
    """The rows that a filter wants.

    Args:
        rows: the first of them.
        total: how many there are.
    """

    rows: tuple[T, ...]
    total: int


@dataclass(frozen=True)
class Listing(Generic[T]):
    """How things of one kind are filtered.

    Args:
        names: the fields that a filter can name.
        fields: returns the values of those fields.
        text: returns the text in which words are looked for.
    """

    names: tuple[str, ...]
    fields: Callable[[T], Fields]
    text: Callable[[T], str]

    def predicate(self, where: str) -> Callable[[T], bool]:
        """Return what tells whether a filter wants a row.

        Raises:
            ValidationError: the filter cannot be read.
        """
        wanted = parse_filter(where, self.names)
        return lambda row: wanted.accepts(self.fields(row), self.text(row))

    def listed(self, rows: Iterable[T], where: str, limit: int) -> Listed[T]:
        """Return the first rows that a filter wants, and how many it wants.

        Raises:
            ValidationError: the filter cannot be read.
        """
        wants = self.predicate(where)
        kept = [row for row in rows if wants(row)]
        return Listed(tuple(kept[:limit]), len(kept))
