"""Filters, counts and truncates lists."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from podium.operations.filters import Filter, Vocabulary, parse_filter

T = TypeVar("T")
Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Listed(Generic[T]):
    """The rows that match a filter.

    Args:
        rows: the first matching rows.
        total: the number of all matching rows.
    """

    rows: tuple[T, ...]
    total: int


@dataclass(frozen=True)
class Listing(Generic[T]):
    """How to filter objects of one kind.

    Args:
        names: the fields that a filter can use.
        fields: returns the values of these fields.
        text: returns the text to search for words.
        vocabulary: the values that exist, for the fields whose values are known.
    """

    names: tuple[str, ...]
    fields: Callable[[T], Fields]
    text: Callable[[T], str]
    vocabulary: Vocabulary = field(default_factory=dict[str, Callable[[], Iterable[str]]])

    def predicate(self, where: str) -> Callable[[T], bool]:
        """Return a function that tests whether a row matches the filter.

        Raises:
            ValidationError: the filter is invalid.
        """
        wanted = self.parsed(where)
        return lambda row: self.accepts(wanted, row)

    def parsed(self, where: str, existing: Vocabulary | None = None) -> Filter:
        """Return a parsed filter.

        Args:
            where: the filter.
            existing: values that exist now, in addition to the vocabulary.

        Raises:
            ValidationError: the filter is invalid.
        """
        return parse_filter(where, self.names, {**self.vocabulary, **(existing or {})})

    def accepts(self, wanted: Filter, row: T) -> bool:
        """Return whether a row matches a parsed filter."""
        return wanted.accepts(self.fields(row), self.text(row))

    def listed(self, rows: Iterable[T], where: str, limit: int) -> Listed[T]:
        """Return the first matching rows and the number of all matches.

        Raises:
            ValidationError: the filter is invalid.
        """
        wants = self.predicate(where)
        kept = [row for row in rows if wants(row)]
        return Listed(tuple(kept[:limit]), len(kept))
