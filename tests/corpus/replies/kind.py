"""What a kind of damage is."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tests.corpus.halves import Half, half_of
from tests.corpus.replies.victim import Victim

Damage = Callable[[Victim, random.Random], str | bytes | None]
"""Returns the damaged text, or None where the victim offers no place for it."""


class Family(StrEnum):
    """A family of damage; the order is that of the report."""

    LAZY_BODY = "lazy comment for a body"
    LAZY_MIDDLE = "lazy comment in the middle"
    LAZY_REST = "lazy comment for the rest"
    STUB = "stub for a body"
    READ_MIDDLE = "read tool's words, middle"
    READ_END = "read tool's words, end"
    AFTER = "tags, sentences after"
    BEFORE = "tags, sentences before"
    WHOLE = "whole file became a word"
    MARKERS = "search/replace, conflicts"
    ENVELOPE = "patches and envelopes"
    NUMBERS = "line numbers"
    CHARACTERS = "escapes and characters"
    TWICE = "twice"
    REDUCED = "reduced to a part"


@dataclass(frozen=True)
class Kind:
    """One kind of damage.

    Args:
        family: what it belongs to.
        variant: its wording, form or place.
        damage: does it.
    """

    family: Family
    variant: str
    damage: Damage

    @property
    def name(self) -> str:
        """A stable name."""
        return f"{self.family}/{self.variant}"

    @property
    def half(self) -> Half:
        """The half that it belongs to."""
        return half_of(self.name)
