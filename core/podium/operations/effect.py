"""The effects of operations."""

from enum import StrEnum


class Effect(StrEnum):
    """The effect of an operation."""

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"
    """Removes something, or changes the user's checkout."""
    LONG = "long"
    """May take minutes, because it calls an agent or starts a run."""
