"""Names that a text imports without using them, or uses without knowing them; pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NameUse:
    """What is odd about the names of one text.

    Args:
        imported: every name that an import binds, to the byte offset of the import.
        unused: those of them that occur nowhere else.
        undefined: names that are used and bound nowhere, to a byte offset where they are used.
    """

    imported: Mapping[str, int] = field(default_factory=dict[str, int])
    unused: frozenset[str] = frozenset()
    undefined: Mapping[str, int] = field(default_factory=dict[str, int])
