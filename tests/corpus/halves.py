"""Which half a project or a kind of damage belongs to; rules are written on one half only.

The bars are printed on the other half, so that a rule that only knows its examples shows.
"""

import hashlib
from enum import StrEnum

_SALT = "25037"
"""Chosen once, before anything was measured: with it every language is in both halves."""


class Half(StrEnum):
    """One of the two halves."""

    RULES = "rules"
    """Shown in detail, with examples: what rules are written on."""
    BARS = "bars"
    """Shown as numbers only: what rules are measured on."""


def half_of(name: str) -> Half:
    """Return the half of a project, a kind of damage or an honest text, by the hash of its name."""
    digest = hashlib.sha256(f"{_SALT} {name}".encode()).digest()
    return Half.RULES if digest[0] % 2 else Half.BARS
