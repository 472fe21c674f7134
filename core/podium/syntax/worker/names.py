"""Imported but unused names and undefined names, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NameUse:
    """The imported, unused and undefined names in one file.

    Args:
        imported: every imported name, with the byte offset of its import.
        unused: imported names that do not occur anywhere else.
        undefined: names that are used but never bound, with the byte offset of a use.
    """

    imported: Mapping[str, int] = field(default_factory=dict[str, int])
    unused: frozenset[str] = frozenset()
    undefined: Mapping[str, int] = field(default_factory=dict[str, int])
